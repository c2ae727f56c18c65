"""What one verification costs, and which part of it takes what.

The document has the shape and the size of a genuine one; AWS's own cost the same to judge.
"""

import time
from collections.abc import Callable
from functools import partial

import attrs

from partywire_nitro_attest.chain import verify_chain
from partywire_nitro_attest.development import DevelopmentModule, measured, new_root
from partywire_nitro_attest.development.defects import DEFECTS
from partywire_nitro_attest.document import Document, read_document
from partywire_nitro_attest.envelope import Envelope, check_signature, read_envelope
from partywire_nitro_attest.judging import Trust, judge_document
from partywire_nitro_attest.refusals import Refused
from partywire_nitro_attest.roots import Roots

NOW = 1_782_779_620.0


@attrs.frozen
class Case:
    """A document, who has to be trusted for it, and what was read of it."""

    module: DevelopmentModule
    raw: bytes
    trust: Trust

    @property
    def envelope(self) -> Envelope:
        """The document taken apart."""
        return read_envelope(self.raw)

    @property
    def document(self) -> Document:
        """Its fields."""
        return read_document(self.envelope.fields)


def case() -> Case:
    """Return a document with a key and a nonce in it."""
    root = new_root(NOW)
    module = DevelopmentModule(root, pcrs=measured("an image"), clock=lambda: NOW)
    trust = Trust(roots=Roots(frozenset({root.fingerprint}), development=True))
    return Case(module, module.attest(public_key=bytes(91), nonce=bytes(48)), trust)


def verification(of: Case, turns: int) -> float:
    """Return milliseconds for all steps of `judge_document`."""
    return _each(partial(judge_document, of.raw, now=NOW, trust=of.trust), turns)


def reading(of: Case, turns: int) -> float:
    """Return milliseconds for taking it apart: envelope, payload, fields."""
    return _each(lambda: of.document, turns)


def chain(of: Case, turns: int) -> float:
    """Return milliseconds for its certificates."""
    document = of.document
    return _each(partial(verify_chain, document, of.trust.roots, at=NOW), turns)


def signature(of: Case, turns: int) -> float:
    """Return milliseconds for its signature."""
    envelope, document = of.envelope, of.document
    key = verify_chain(document, of.trust.roots, at=NOW).key
    return _each(partial(check_signature, envelope, key), turns)


def refusal(of: Case, turns: int, defect: str) -> float:
    """Return milliseconds for refusing a document with that defect."""
    raw = DEFECTS[defect](of.module.making())

    def refused() -> None:
        try:
            judge_document(raw, now=NOW, trust=of.trust)
        except Refused:
            return
        raise AssertionError(defect)

    return _each(refused, turns)


def making(of: Case, turns: int) -> float:
    """Return milliseconds for making such a document, by a module that has its certificates."""
    return _each(partial(of.module.attest, public_key=bytes(91), nonce=bytes(48)), turns)


def _each(call: Callable[[], object], turns: int) -> float:
    start = time.perf_counter()
    for _ in range(turns):
        call()
    return (time.perf_counter() - start) / turns * 1e3
