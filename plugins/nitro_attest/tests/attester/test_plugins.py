"""Both attesters, chosen and opened by a config with files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from partywire import check_config
from partywire.config import load_config
from partywire.errors import ConfigInvalid
from partywire.plugins import Plugins
from partywire.testing import PluginContract
from partywire_grpc.certificates.making import authority, self_signed
from partywire_grpc.certificates.reading import read_leaves
from partywire_nitro_attest import Roots, Trust, judge_document, pcr_of_certificate
from partywire_nitro_attest.attester import checking, development_plugin, nsm_plugin
from partywire_nitro_attest.attester.checking import DEBUG
from partywire_nitro_attest.attester.development_config import PROVES_NOTHING
from partywire_nitro_attest.attester.nsm import NsmModule
from partywire_nitro_attest.attester.nsm_device import NsmDevice, opened_device
from partywire_nitro_attest.carriers import WRAPPED, carried_by
from partywire_nitro_attest.development import DevelopmentModule, measured, new_root
from partywire_nitro_attest.development.root_file import root_in_pem

from .kernel import Kernel
from .parties import ALICE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partywire.hookspecs import AttesterDescriptor, Setting

PATIENCE = 30.0
NOW = time.time()
ROOT = new_root(NOW)
CA = authority(ALICE, now=NOW)
OWN = self_signed(ALICE, now=NOW)
TRUST = Trust(roots=Roots(frozenset({ROOT.fingerprint}), development=True))


class Files:
    """A party's own files in a folder, and its config."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = self.private("root.pem", root_in_pem(ROOT))
        self.full_auto: dict[str, Any] = {
            "mode": "full-auto",
            "ca_certificate": self.private("ca.crt", CA.certificate_pem),
            "ca_key": self.private("ca.key", CA.key_pem),
        }
        self.semi_auto: dict[str, Any] = {
            "mode": "semi-auto",
            "party_certificate": self.private("party.crt", OWN.certificate_pem),
        }
        self.development = {"plugin": "nitro-development", "root": self.root, "image": "one"}

    def private(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
        return str(path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def config(attester: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "party": {"id": ALICE},
        "transport": {"plugin": "inmemory", "network": "attesters"},
        "attester": dict(attester),
        "peer": [{"id": "bob.example"}],
    }


def chosen(attester: Mapping[str, Any]) -> tuple[AttesterDescriptor, Setting]:
    found = load_config(config(attester), Plugins())
    assert found.attester is not None
    return found.attester.descriptor, found.setting(found.attester)


def mistakes(attester: Mapping[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as raised:
        chosen(attester)
    return {each.key: each.problem for each in raised.value.mistakes}


def remarks(attester: Mapping[str, Any]) -> tuple[str, ...]:
    return check_config(config(attester)).remarks


async def refused(attester: Mapping[str, Any]) -> dict[str, str]:
    descriptor, setting = chosen(attester)
    with pytest.raises(ConfigInvalid) as raised:
        async with descriptor.open(setting):
            pass
    return {each.key: each.problem for each in raised.value.mistakes}


class OfDevelopment(PluginContract):
    plugin: ClassVar[object] = development_plugin
    kind = "attester"
    name = "nitro-development"
    distribution = "partywire-nitro-attest"
    files: Files

    @pytest.fixture(autouse=True)
    def in_a_folder(self, tmp_path: Path) -> None:
        self.files = Files(tmp_path)


class TestInFullAuto(OfDevelopment):
    def config(self) -> Mapping[str, Any]:
        more = {"carrier": "standard", "debug": True, "lifetime": "2h"}
        return config({**self.files.development, **self.files.full_auto, **more})


class TestInSemiAuto(OfDevelopment):
    def config(self) -> Mapping[str, Any]:
        return config({**self.files.development, **self.files.semi_auto})


class TestNsm(PluginContract):
    plugin: ClassVar[object] = nsm_plugin
    kind = "attester"
    name = "nsm"
    distribution = "partywire-nitro-attest"
    files: Files

    @pytest.fixture(autouse=True)
    def in_an_enclave(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files = Files(tmp_path)
        enclave(monkeypatch, tmp_path)

    def config(self) -> Mapping[str, Any]:
        more = {"roots": [ROOT.fingerprint], "allow_debug": True}
        return config({"plugin": "nsm", **self.files.full_auto, **more})


def enclave(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Put a kernel below the device, whose module is one of development."""
    module = DevelopmentModule(ROOT, pcrs=measured("one"))

    class Enclave(Kernel):
        def _Attestation(self, **carried: Any) -> object:  # noqa: N802
            return {"Attestation": {"document": module.attest(**carried)}}

    (folder / "nsm").touch()
    monkeypatch.setattr("fcntl.ioctl", Enclave())
    monkeypatch.setattr(nsm_plugin, "opened_device", lambda: opened_device(folder / "nsm"))


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["full_auto", "semi_auto"])
async def test_development_attests_by_config(files: Files, mode: str) -> None:
    keys = {**files.development, **getattr(files, mode), "carrier": "standard"}
    descriptor, setting = chosen(keys)
    async with descriptor.open(setting) as attester:
        shown = await attester.credentials()
        carried = carried_by(x509.load_pem_x509_certificate(shown.certificates))
        assert carried.extension == WRAPPED
        for document in (carried.document, await attester.attest(b"binding")):
            judged = judge_document(document, now=time.time(), trust=TRUST)
            assert judged.document.pcrs[0] == measured("one")[0]
            assert any(judged.document.pcrs[8]) is (mode == "semi_auto")


@pytest.mark.anyio
async def test_certificates_of_seconds_are_renewed_by_themselves(files: Files) -> None:
    descriptor, setting = chosen({**files.development, **files.full_auto, "lifetime": "2s"})
    async with descriptor.open(setting) as attester:
        first = await attester.credentials()
        with anyio.fail_after(PATIENCE):
            await attester.changed()
            assert (await attester.credentials()).certificates != first.certificates


@pytest.mark.anyio
async def test_development_says_that_it_proves_nothing(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    descriptor, setting = chosen({**files.development, **files.full_auto, "debug": True})
    async with descriptor.open(setting) as attester:
        document = await attester.attest(b"binding")
    assert "whoever has the file of its root can be anything" in caplog.text
    trust = Trust(roots=TRUST.roots, allow_debug=True)
    assert judge_document(document, now=time.time(), trust=trust).document.debug


@pytest.mark.anyio
async def test_nsm_attests_by_config(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enclave(monkeypatch, tmp_path)
    keys = {"plugin": "nsm", **files.full_auto, "roots": [ROOT.fingerprint.upper()]}
    descriptor, setting = chosen(keys)
    async with descriptor.open(setting) as attester:
        document = await attester.attest(b"binding")
    assert judge_document(document, now=time.time(), trust=TRUST).document.nonce == b"binding"


@pytest.mark.anyio
async def test_documents_of_development_pass_under_no_default_root(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enclave(monkeypatch, tmp_path)
    found = await refused({"plugin": "nsm", **files.full_auto})
    assert "its root is not trusted here" in found["attester"]


@pytest.mark.anyio
@pytest.mark.skipif(Path("/dev/nsm").exists(), reason="this is an enclave")
async def test_without_a_device_nsm_names_it_and_what_to_do(files: Files) -> None:
    found = await refused({"plugin": "nsm", **files.semi_auto})
    assert found["attester.plugin"].startswith("/dev/nsm: No such file or directory; there is none")


def test_each_mode_has_keys_of_its_own(files: Files) -> None:
    both = {**files.full_auto, **files.semi_auto}
    for mode, missing, unused in (
        ("full-auto", "ca_certificate is missing and ca_key is missing", "party_certificate is"),
        ("semi-auto", "party_certificate is missing", "ca_certificate is not used and ca_key is"),
    ):
        found = mistakes({**files.development, "mode": mode})["attester.mode"]
        assert f'with mode = "{mode}" {missing}' in found
        found = mistakes({**files.development, **both, "mode": mode})["attester.mode"]
        assert f'with mode = "{mode}" {unused} not used' in found


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"mode": "auto"}, "mode"),
        ({"carrier": "json"}, "carrier"),
        ({"lifetime": "4h"}, "lifetime"),
        ({"lifetime": 0}, "lifetime"),
        ({"image": 7}, "image"),
    ],
)
def test_keys_are_read_strictly(files: Files, keys: dict[str, Any], key: str) -> None:
    found = mistakes({**files.development, **files.full_auto, **keys})
    assert list(found) == [f"attester.{key}"]


def test_a_fingerprint_of_nsm_is_one(files: Files) -> None:
    assert (
        "64 hex"
        in mistakes({"plugin": "nsm", **files.semi_auto, "roots": ["00"]})["attester.roots"]
    )


def key_pem(curve: ec.EllipticCurve, password: bytes | None = None) -> bytes:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    key = ec.generate_private_key(curve)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("ca_key", b"", "holds no private key that can be read"),
        ("ca_key", key_pem(ec.SECP256R1()), "is not the key of the certificate in"),
        ("ca_key", key_pem(ec.SECP521R1()), "its key is of another kind; a key on the curve"),
        ("ca_key", key_pem(ec.SECP256R1(), b"word"), "not encrypted"),
        ("ca_key", CA.certificate_pem, "holds no private key"),
        ("ca_certificate", OWN.certificate_pem, "says of itself that it is no CA"),
        ("ca_certificate", CA.certificate_pem * 2, "holds 2 certificates"),
        ("ca_certificate", CA.certificate_pem + CA.key_pem, "a private key is in it"),
        (
            "ca_certificate",
            authority("bob.example", now=NOW).certificate_pem,
            'this is the CA "bob.example"',
        ),
        ("party_certificate", b"", "no certificate in PEM"),
        (
            "party_certificate",
            self_signed("bob.example", now=NOW).certificate_pem,
            'the certificate is of "bob.example"',
        ),
        ("root", b"", "no certificate with its private key"),
        ("root", ROOT.certificate.public_bytes(Encoding.PEM), "development-root"),
        ("root", root_in_pem(ROOT)[:900] + key_pem(ec.SECP384R1()), "private key"),
    ],
)
def test_a_file_that_is_not_in_order_is_told_by_its_key(
    files: Files, file: str, content: bytes, said: str
) -> None:
    mode = files.semi_auto if file == "party_certificate" else files.full_auto
    keys = {**files.development, **mode}
    keys[file] = files.private("odd.pem", content)
    found = mistakes(keys)
    assert list(found) == [f"attester.{file}"]
    assert said in found[f"attester.{file}"]
    assert "odd.pem" in found[f"attester.{file}"]


def test_all_mistakes_of_files_are_told_at_once(files: Files) -> None:
    for name in ("ca.key", "root.pem"):
        (files.folder / name).chmod(0o644)
    (files.folder / "ca.crt").unlink()
    found = mistakes({**files.development, **files.full_auto})
    assert set(found) == {"attester.ca_certificate", "attester.ca_key", "attester.root"}
    assert "run: chmod 600" in found["attester.ca_key"]
    assert "run: chmod 600" in found["attester.root"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("party_certificate", "its party certificate expired at"),
        ("ca_certificate", "the certificate of its CA expired at"),
        ("root", "the root expired at"),
    ],
)
def test_a_file_whose_certificate_has_ended_is_told(files: Files, file: str, said: str) -> None:
    ca = authority(ALICE, now=NOW - 20, lifetime=10)
    ended = {
        "party_certificate": self_signed(ALICE, now=NOW - 20, lifetime=10).certificate_pem,
        "ca_certificate": ca.certificate_pem,
        "root": root_in_pem(new_root(NOW - 50 * 365 * 86400)),
    }
    mode = files.semi_auto if file == "party_certificate" else files.full_auto
    keys = {**files.development, **mode, file: files.private("odd.pem", ended[file])}
    if file == "ca_certificate":
        keys["ca_key"] = files.private("odd.key", ca.key_pem)
    found = mistakes(keys)
    assert list(found) == [f"attester.{file}"]
    assert said in found[f"attester.{file}"]


def test_check_says_what_peers_compare(files: Files) -> None:
    lines = remarks({**files.development, **files.semi_auto})
    [own] = read_leaves(OWN.certificate_pem, ALICE)
    assert any(f"SHA-256 {own.sha256}" in line for line in lines)
    assert f"attester: PCR8 of its image has to be {pcr_of_certificate(own.der).hex()}" in lines
    assert any(ROOT.fingerprint in line for line in lines)
    assert [line for line in lines if line.startswith("Warning: ")] == [
        f"Warning: {PROVES_NOTHING.format(ALICE)}"
    ]


def test_check_warns_of_what_ends_soon(files: Files) -> None:
    ends = self_signed(ALICE, now=NOW, lifetime=86400).certificate_pem
    keys = {**files.semi_auto, "party_certificate": files.private("soon.crt", ends)}
    said = "Warning: its party certificate ends soon; renew it, and give it to the peers"
    assert said in remarks({**files.development, **keys})


def test_check_says_where_no_device_is_and_asks_one_that_is_for_nothing(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"plugin": "nsm", **files.full_auto, "allow_debug": True}
    monkeypatch.setattr(checking, "opened_device", lambda: opened_device(tmp_path / "nsm"))
    warned = [line for line in remarks(keys) if line.startswith("Warning: ")]
    assert warned[0] == f"Warning: {DEBUG}"
    assert warned[1].startswith(f"Warning: the node will not open here: {tmp_path}/nsm: No such ")
    enclave(monkeypatch, tmp_path)
    monkeypatch.setattr("fcntl.ioctl", lambda *_: pytest.fail("the device was asked"))
    assert [line for line in remarks(keys) if line.startswith("Warning: ")] == warned[:1]


def test_a_module_over_a_device_shows_no_key() -> None:
    assert "Kernel" not in repr(NsmModule(NsmDevice(7, Kernel())))
