"""The mutants fit the sources and tests of today, and the page of the docs fits the mutants."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.test_contract_page import functions
from tests.mutants.catalogue import MUTANTS, SOURCE, Mutant
from tests.mutants.page import PAGE, page

ALL = [mutant for chapter in MUTANTS.values() for mutant in chapter]


def named(mutant: Mutant) -> str:
    return f"{mutant.rule}: {mutant.broken}"


@pytest.mark.parametrize("mutant", ALL, ids=named)
def test_it_applies_and_is_a_program(mutant: Mutant) -> None:
    text = (SOURCE / mutant.file).read_text("utf-8")
    broken = mutant.applied(text)
    assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(text))


@pytest.mark.parametrize("mutant", ALL, ids=named)
def test_its_test_exists(mutant: Mutant) -> None:
    path, test = mutant.test.split("::")
    assert test in functions(path)


def test_no_two_break_the_same() -> None:
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in ALL}) == len(ALL)


def test_one_that_does_not_apply_is_an_error() -> None:
    with pytest.raises(LookupError, match="found 0 times and not once"):
        ALL[0].applied("something else")


def test_the_page_is_of_these() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it by: make mutants ARGS=--write"
