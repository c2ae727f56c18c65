"""The security module of an enclave: every request byte for byte, every answer, every error."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire_nitro_attest.attester.nsm import NsmModule
from partywire_nitro_attest.attester.nsm_device import DEVICE, NsmDevice, opened_device
from partywire_nitro_attest.attester.nsm_messages import MAX_ANSWER, MAX_REQUEST, REMEDIES
from partywire_nitro_attest.security_module import MOST_BYTES, ModuleFailed, SecurityModule

from .kernel import Kernel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HASH = bytes(range(48))


def text(word: str) -> str:
    """A short text in CBOR, in hexadecimal digits."""
    return f"{0x60 + len(word):02x}{word.encode().hex()}"


# By hand, from RFC 8949: a map of n pairs is a0 + n, a text 60 + n, bytes 58 and a length.
GOLDEN: dict[str, tuple[Callable[[NsmModule], object], str]] = {
    "describe": (NsmModule.describe, "6b" + b"DescribeNSM".hex()),
    "random": (NsmModule.random, "69" + b"GetRandom".hex()),
    "attest": (
        lambda module: module.attest(public_key=b"key", user_data=b"", nonce=b"\1\2"),
        f"a1{text('Attestation')}a3{text('user_data')}40{text('nonce')}420102"
        f"{text('public_key')}436b6579",
    ),
    "attest nothing": (
        NsmModule.attest,
        f"a1{text('Attestation')}a3{text('user_data')}f6{text('nonce')}f6{text('public_key')}f6",
    ),
    "register": (lambda module: module.register(16), f"a1{text('DescribePCR')}a1{text('index')}10"),
    "extend": (
        lambda module: module.extend(16, HASH),
        f"a1{text('ExtendPCR')}a2{text('index')}10{text('data')}5830{HASH.hex()}",
    ),
    "lock": (lambda module: module.lock(31), f"a1{text('LockPCR')}a1{text('index')}181f"),
    "lock below": (
        lambda module: module.lock_below(32),
        f"a1{text('LockPCRs')}a1{text('range')}1820",
    ),
}
OPERATIONS = pytest.mark.parametrize("name", GOLDEN)


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def module(kernel: Kernel) -> NsmModule:
    return NsmModule(NsmDevice(7, kernel))


def test_it_is_a_security_module(module: NsmModule) -> None:
    assert isinstance(module, SecurityModule)


@OPERATIONS
def test_a_request_is_these_bytes(kernel: Kernel, module: NsmModule, name: str) -> None:
    ask, expected = GOLDEN[name]
    ask(module)
    assert [request.hex() for request in kernel.requests] == [expected]
    assert kernel.calls == [(7, 0xC0200A00)]
    assert kernel.room == MAX_ANSWER == 0x3000


def test_answers_say_what_the_module_does(kernel: Kernel, module: NsmModule) -> None:
    assert module.attest() == b"a document"
    assert module.random() == b"random" * 4
    extended = hashlib.sha384(bytes(48) + HASH).digest()
    assert module.extend(16, HASH) == extended
    assert module.register(16).value == extended
    assert not module.register(16).locked
    module.lock(16)
    assert module.register(16).locked
    module.lock_below(4)
    said = module.describe()
    assert (said.version, said.module_id, said.max_pcrs) == ((1, 0, 2), "i-0-enc0", 32)
    assert said.locked == {0, 1, 2, 3, 16}
    with pytest.raises(ModuleFailed, match=r"ExtendPCR: ReadOnlyIndex: that PCR is locked"):
        module.extend(16, HASH)


def test_the_largest_answer_is_taken_whole(kernel: Kernel, module: NsmModule) -> None:
    kernel.document = bytes(MAX_ANSWER - 26)
    assert len(module.attest()) == MAX_ANSWER - 26
    kernel.document = bytes(MAX_ANSWER)
    with pytest.raises(ModuleFailed, match="an answer of 123"):
        module.attest()


@pytest.mark.parametrize("code", [*REMEDIES, "Unheard\x1b[2J"])
@OPERATIONS
def test_every_error_names_itself_and_a_remedy(
    kernel: Kernel, module: NsmModule, name: str, code: str
) -> None:
    kernel.answer = cbor2.dumps({"Error": code})
    with pytest.raises(ModuleFailed) as raised:
        GOLDEN[name][0](module)
    said = str(raised.value)
    assert REMEDIES.get(code, "not known here") in said
    assert "\x1b" not in said
    assert raised.value.operation in said


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff",
        cbor2.dumps("GetRandom"),
        cbor2.dumps(None),
        cbor2.dumps({"Error": 7}),
        cbor2.dumps({"Other": {}}),
        *(cbor2.dumps({name: None}) for name in ("Attestation", "ExtendPCR", "LockPCR")),
        cbor2.dumps({"Attestation": {"document": "text"}}),
        cbor2.dumps({"Attestation": {"document": b""}}),
        cbor2.dumps({"Attestation": {"document": b"d"}, "Other": {}}),
        cbor2.dumps({"Attestation": {"document": b"d"}}) + b"\0",
        cbor2.dumps({"GetRandom": {"random": bytes(257)}}),
        cbor2.dumps({"ExtendPCR": {"data": bytes(47)}}),
        cbor2.dumps({"DescribePCR": {"lock": 1, "data": bytes(48)}}),
        cbor2.dumps({"DescribePCR": {"lock": False, "data": bytes(49)}}),
        cbor2.dumps("LockPCR") + b"\0",
    ],
    ids=bytes.hex,
)
def test_an_answer_that_does_not_fit_is_an_error(
    kernel: Kernel, module: NsmModule, answer: bytes
) -> None:
    kernel.answer = answer
    for ask, _ in GOLDEN.values():
        if answer == cbor2.dumps("GetRandom") and ask is NsmModule.random:
            continue
        with pytest.raises(ModuleFailed):
            ask(module)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version_major", True),
        ("version_minor", -1),
        ("version_patch", 0x10000),
        ("module_id", ""),
        ("module_id", b"i"),
        ("max_pcrs", 33),
        ("locked_pcrs", [32]),
        ("locked_pcrs", [True]),
        ("locked_pcrs", None),
        ("digest", "SHA256"),
    ],
)
def test_a_description_out_of_range_is_an_error(
    kernel: Kernel, module: NsmModule, field: str, value: object
) -> None:
    said = cbor2.loads(kernel._answer("DescribeNSM"))
    said["DescribeNSM"][field] = value
    kernel.answer = cbor2.dumps(said)
    with pytest.raises(ModuleFailed, match=field):
        module.describe()


@given(answer=st.binary(max_size=80))
def test_any_answer_is_read_or_an_error(answer: bytes) -> None:
    module = NsmModule(NsmDevice(7, Kernel(answer=answer)))
    for ask, _ in GOLDEN.values():
        with contextlib.suppress(ModuleFailed):
            ask(module)


@pytest.mark.parametrize("size", [0, MAX_ANSWER + 1, 2**64 - 1])
def test_a_size_that_cannot_be_is_an_error(kernel: Kernel, module: NsmModule, size: int) -> None:
    kernel.size = size
    with pytest.raises(ModuleFailed, match="it has 1 to 12288"):
        module.attest()


@pytest.mark.parametrize("carried", ["public_key", "user_data", "nonce"])
def test_no_document_is_asked_to_carry_more_than_1024_bytes(
    kernel: Kernel, module: NsmModule, carried: str
) -> None:
    full = dict.fromkeys(("public_key", "user_data", "nonce"), bytes(MOST_BYTES))
    module.attest(**full)
    assert len(kernel.requests.pop()) <= MAX_REQUEST
    with pytest.raises(ValueError, match="1024 bytes"):
        module.attest(**{**full, carried: bytes(MOST_BYTES + 1)})
    assert not kernel.requests


def test_a_pcr_is_extended_by_a_hash_alone(kernel: Kernel, module: NsmModule) -> None:
    with pytest.raises(ValueError, match="48 bytes"):
        module.extend(16, b"text")
    assert not kernel.requests


@pytest.mark.parametrize("size", [0, MAX_REQUEST + 1])
def test_a_request_out_of_bounds_is_not_sent(kernel: Kernel, size: int) -> None:
    with pytest.raises(ModuleFailed, match=f"a request of {size} bytes"):
        NsmDevice(7, kernel).ask("GetRandom", bytes(size))
    assert not kernel.calls


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ETIMEDOUT, "did not answer"),
        (errno.EMSGSIZE, "larger than it takes"),
        (errno.EINTR, "broke the call off"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_failed_call_says_why(
    kernel: Kernel, module: NsmModule, number: int, remedy: str
) -> None:
    kernel.error = OSError(number, os.strerror(number))
    with pytest.raises(ModuleFailed, match=remedy):
        module.attest()


def test_the_system_takes_the_call_as_it_is_made() -> None:
    """On a file that is no module: number and message pass, and Linux refuses."""
    with open("/dev/null", "rb+") as other:
        with pytest.raises(ModuleFailed, match="it is no security module"):
            NsmModule(NsmDevice(other.fileno(), fcntl.ioctl)).random()


def test_a_device_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModuleFailed, match=r"nsm: No such file.*is this an enclave"):
        with opened_device(tmp_path / "nsm"):
            pass
    assert str(DEVICE) == "/dev/nsm"


def test_a_device_without_permission_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(ModuleFailed, match="/dev/nsm: Permission denied; this user may not"):
        with opened_device():
            pass


def test_a_device_is_closed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with opened_device(tmp_path / "file") as device:
        pass
    with pytest.raises(ModuleFailed, match="Bad file descriptor"):
        NsmModule(device).random()
