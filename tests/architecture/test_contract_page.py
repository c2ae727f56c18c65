"""The page of the delivery contract: each sentence names the tests that hold it, and they exist."""

import ast
import re

import pytest

from tests.architecture.house import ROOT

PAGE = ROOT / "docs/explanation/delivery-contract.md"
SENTENCE = re.compile(r"^(\d+)\. (.*?)(?=^\d+\. |^## )", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"^\s+`(\S+\.py)::(test_\w+)`$", re.MULTILINE)
SENTENCES = SENTENCE.findall(PAGE.read_text("utf-8"))


def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_the_sentences_are_numbered_without_a_gap() -> None:
    assert [int(number) for number, _ in SENTENCES] == list(range(1, len(SENTENCES) + 1))


@pytest.mark.parametrize(("number", "sentence"), SENTENCES)
def test_each_sentence_is_held_by_tests_that_exist(number: str, sentence: str) -> None:
    named = TEST.findall(sentence)
    assert named, f"sentence {number} names no test"
    for path, test in named:
        assert test in functions(path), f"sentence {number} names {path}::{test}"
