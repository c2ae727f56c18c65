"""Both attesters, chosen and opened by a config with files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import pytest
from cryptography import x509

from partywire.testing import PluginContract
from partywire_nitro_attest import Roots, Trust, judge_document
from partywire_nitro_attest.attester import development_plugin, nsm_plugin, own_check
from partywire_nitro_attest.attester.nsm import NsmModule
from partywire_nitro_attest.attester.nsm_device import NsmDevice, opened_device
from partywire_nitro_attest.attester.own_check import DEBUG
from partywire_nitro_attest.carriers import WRAPPED, carried_by
from partywire_nitro_attest.development import DevelopmentModule, measured

from .configs import ROOT, Files, chosen, config, refused, remarks
from .kernel import Kernel

if TYPE_CHECKING:
    from collections.abc import Mapping


PATIENCE = 30.0
TRUST = Trust(roots=Roots(frozenset({ROOT.fingerprint}), development=True))


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


def test_check_says_where_no_device_is_and_asks_one_that_is_for_nothing(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"plugin": "nsm", **files.full_auto, "allow_debug": True}
    monkeypatch.setattr(own_check, "opened_device", lambda: opened_device(tmp_path / "nsm"))
    warned = [line for line in remarks(keys) if line.startswith("Warning: ")]
    assert warned[0] == f"Warning: {DEBUG}"
    assert warned[1].startswith(f"Warning: the node will not open here: {tmp_path}/nsm: No such ")
    enclave(monkeypatch, tmp_path)
    monkeypatch.setattr("fcntl.ioctl", lambda *_: pytest.fail("the device was asked"))
    assert [line for line in remarks(keys) if line.startswith("Warning: ")] == warned[:1]


def test_a_module_over_a_device_shows_no_key() -> None:
    assert "Kernel" not in repr(NsmModule(NsmDevice(7, Kernel())))
