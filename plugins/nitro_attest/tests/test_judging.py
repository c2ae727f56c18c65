"""A document is judged step by step, and each step needs the ones before it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import attrs
import pytest

from partywire_nitro_attest import (
    AWS_ROOTS,
    JudgedDocument,
    Refusal,
    Refused,
    Roots,
    Step,
    Trust,
    judge_document,
)
from partywire_nitro_attest.development import (
    Certified,
    Chain,
    DevelopmentModule,
    in_debug_mode,
    issued,
    new_root,
)
from partywire_nitro_attest.envelope import read_envelope

if TYPE_CHECKING:
    from .conftest import Refusing

HOUR = 3600.0


def test_a_sound_document_is_what_it_says(
    module: DevelopmentModule, trust: Trust, now: float
) -> None:
    raw = module.attest(public_key=b"key", user_data=b"data", nonce=b"nonce")
    judged = judge_document(raw, now=now, trust=trust)
    document = judged.document
    assert document.module_id == module.module_id
    assert (document.public_key, document.user_data, document.nonce) == (b"key", b"data", b"nonce")
    assert document.time == now
    assert judged.valid_until == int(now + 3 * HOUR)
    assert judged.sha256 == hashlib.sha256(read_envelope(raw).payload).hexdigest()
    assert judged.development


def test_nothing_else_makes_a_judged_document(
    module: DevelopmentModule, trust: Trust, now: float
) -> None:
    judged = judge_document(module.attest(), now=now, trust=trust)
    with pytest.raises(TypeError, match="made by judge_document"):
        JudgedDocument(judged.document, Chain, sha256="", development=False, made_by=None)  # type: ignore[arg-type]
    with pytest.raises(attrs.exceptions.NotAnAttrsClassError):
        attrs.evolve(judged, development=False)  # type: ignore[misc]


def test_a_verifier_trusts_aws_alone_unless_told(
    module: DevelopmentModule, refusal_of: Refusing
) -> None:
    assert Trust().roots is AWS_ROOTS
    assert not AWS_ROOTS.development
    assert refusal_of(module.attest(), trust=Trust()) is Refusal.CHAIN_ROOT


def test_no_roots_at_all_trust_nobody(module: DevelopmentModule, refusal_of: Refusing) -> None:
    assert refusal_of(module.attest(), trust=Trust(roots=Roots(frozenset()))) is Refusal.CHAIN_ROOT


def test_a_root_of_the_same_name_is_another_root(
    module: DevelopmentModule, refusal_of: Refusing, now: float
) -> None:
    other = DevelopmentModule(new_root(now), pcrs={}, clock=lambda: now)
    assert refusal_of(other.attest()) is Refusal.CHAIN_ROOT


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (-70, Refusal.TIME_FUTURE),
        (-60.5, Refusal.TIME_FUTURE),
        (-60, None),
        (-50, None),
        (0, None),
        (3 * HOUR - 1, None),
        (3 * HOUR, Refusal.CHAIN_EXPIRED),
        (3 * HOUR + 300, Refusal.CHAIN_EXPIRED),
        (3 * HOUR + 301, Refusal.TIME_TOO_OLD),
        (1e12, Refusal.TIME_TOO_OLD),
        (-1e12, Refusal.TIME_FUTURE),
        (float("inf"), Refusal.TIME_TOO_OLD),
        (float("nan"), Refusal.TIME_FUTURE),
    ],
)
def test_clocks_may_differ_a_little_and_documents_do_not_last(
    module: DevelopmentModule,
    refusal_of: Refusing,
    now: float,
    offset: float,
    expected: Refusal | None,
) -> None:
    assert refusal_of(module.attest(), now=now + offset) is expected


def test_how_old_a_document_may_be_is_configured(
    module: DevelopmentModule, refusal_of: Refusing, trust: Trust, now: float
) -> None:
    strict = attrs.evolve(trust, max_age=10.0, clock_skew=1.0)
    assert refusal_of(module.attest(), now=now + 10, trust=strict) is None
    assert refusal_of(module.attest(), now=now + 10.5, trust=strict) is Refusal.TIME_TOO_OLD
    assert refusal_of(module.attest(), now=now - 1, trust=strict) is None
    assert refusal_of(module.attest(), now=now - 1.5, trust=strict) is Refusal.TIME_FUTURE


@pytest.mark.parametrize("timestamp", [2**64 - 1, 2**63, 10**15])
def test_a_time_that_no_calendar_has_is_of_the_future(
    module: DevelopmentModule, refusal_of: Refusing, timestamp: int
) -> None:
    assert refusal_of(module.making().saying(timestamp=timestamp).document()) is Refusal.TIME_FUTURE


@pytest.mark.parametrize(
    ("offset", "expected"), [(-4, Refusal.SIGNATURE_TIME), (-3, None), (0, None), (30, None)]
)
def test_a_document_is_made_while_its_certificate_is_valid(
    module: DevelopmentModule,
    refusal_of: Refusing,
    now: float,
    offset: float,
    expected: Refusal | None,
) -> None:
    making = module.making().saying(timestamp=int((now // 1 + offset) * 1000))
    assert refusal_of(making.document()) is expected


def test_a_key_that_was_kept_signs_nothing_new(
    module: DevelopmentModule, root: Certified, refusal_of: Refusing, now: float
) -> None:
    former = issued(root, module_id=module.module_id, now=now - 3 * HOUR - 30)
    assert refusal_of(module.making().under(former).document()) is Refusal.CHAIN_EXPIRED


@pytest.mark.parametrize(
    "module_id",
    ["i-0123456789abcdef0-tpm00000000", "i-0123456789abcdef0", "enc", "-en"],
)
def test_only_the_module_of_an_enclave_is_taken(
    module: DevelopmentModule, root: Certified, refusal_of: Refusing, now: float, module_id: str
) -> None:
    chain = issued(root, module_id=module_id, now=now)
    making = module.making().under(chain).saying(module_id=module_id)
    assert refusal_of(making.document()) is Refusal.MODULE_KIND


@pytest.mark.parametrize("change", [lambda own: own[:-1], lambda own: own + "0", str.upper])
def test_the_signing_certificate_names_the_module(
    module: DevelopmentModule, refusal_of: Refusing, change: object
) -> None:
    assert callable(change)
    other = change(module.module_id).replace("-ENC", "-enc")
    assert refusal_of(module.making().saying(module_id=other).document()) is Refusal.MODULE_OTHER


def test_debug_mode_passes_by_config_alone(
    root: Certified, refusal_of: Refusing, trust: Trust, now: float
) -> None:
    raw = DevelopmentModule(root, pcrs=in_debug_mode(), clock=lambda: now).attest()
    assert refusal_of(raw) is Refusal.DEBUG
    judged = judge_document(raw, now=now, trust=attrs.evolve(trust, allow_debug=True))
    assert judged.document.debug
    assert any(judged.document.pcrs[4]), "all zeros would be the wrong test"


def test_unknown_fields_are_named_or_refused_by_config(
    module: DevelopmentModule, refusal_of: Refusing, trust: Trust, now: float
) -> None:
    raw = module.making().saying(brand_new=b"from AWS").document()
    assert judge_document(raw, now=now, trust=trust).document.unknown == ("brand_new",)
    strict = attrs.evolve(trust, refuse_unknown_fields=True)
    assert refusal_of(raw, trust=strict) is Refusal.FIELD_UNKNOWN
    assert refusal_of(module.attest(), trust=strict) is None


def test_text_of_a_document_is_escaped_and_cut(
    module: DevelopmentModule, trust: Trust, now: float
) -> None:
    raw = module.making().saying(module_id="\x1b[31m-enc" + "x" * 100).document()
    with pytest.raises(Refused) as caught:
        judge_document(raw, now=now, trust=trust)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_the_steps_come_in_their_order(
    module: DevelopmentModule, root: Certified, refusal_of: Refusing, trust: Trust, now: float
) -> None:
    """One mistake after the other is mended, and the refusal moves on to the next step."""
    debug = DevelopmentModule(root, pcrs=in_debug_mode(), clock=lambda: now)
    foreign = issued(new_root(now), module_id=debug.module_id, now=now)
    wrong_key = attrs.evolve(debug.making(), key=foreign.leaf.key)
    broken = [
        wrong_key.under(foreign).saying(timestamp=1, digest="MD5").document() + bytes(MAX),
        wrong_key.under(foreign).saying(timestamp=1, digest="MD5").document() + b"\x00",
        wrong_key.under(foreign).saying(timestamp=1, digest="MD5").document(),
        wrong_key.under(foreign).saying(timestamp=1).document(),
        wrong_key.under(foreign).document(),
        wrong_key.saying(module_id="i-0-tpm0").document(),
        debug.making().saying(module_id="i-0-tpm0").document(),
        debug.attest(),
    ]
    steps = [found.step for raw in broken if (found := refusal_of(raw))]
    order = list(Step)
    assert steps == order[order.index(Step.SIZE) : order.index(Step.DEBUG) + 1]


MAX = 12288
