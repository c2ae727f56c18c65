"""``partywire attestation verify``: which steps pass, which one fails, and what is not checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from partywire_nitro_attest.development import in_debug_mode, measured
from partywire_nitro_attest.development.defects import DEFECTS, VARIANTS
from partywire_nitro_attest.refusals import Step

from .running import Place, release, run

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

STATUSES = ("passed", "failed", "not checked", "not reached")
NOT_CHECKED_HERE = {Step.CARRIER, Step.KEY, Step.PINS, Step.USER_DATA, Step.NONCE}


def statuses(result: Result) -> dict[Step, str]:
    """What is printed of each step."""
    found = {}
    for line in result.stdout.splitlines():
        for status in STATUSES:
            said = line.removeprefix(status).strip()
            for step in Step:
                if line.startswith(status) and said.split(": ")[0] in step.value.split(": "):
                    found[step] = status
    return found


def as_json(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_sound_document_passes_every_step_that_can_be_taken(place: Place) -> None:
    result = place.verify(place.making().document())
    assert result.exit_code == 0, result.output
    assert statuses(result) == {
        step: "not checked" if step in NOT_CHECKED_HERE else "passed" for step in Step
    }
    assert "runs                    release 1" in result.stdout
    assert "it proves nothing" in result.stdout


def test_the_key_of_the_connection_is_said_to_be_not_checked(place: Place) -> None:
    result = place.verify(place.making(public_key=b"a key").document())
    assert "not checked  the key of the connection: there is no connection" in result.stdout


def test_a_document_of_development_passes_under_no_other_root(place: Place) -> None:
    file = place.written(place.making().document())
    result = run("verify", file, "--release", release(place.pcrs))
    assert result.exit_code == 1
    assert statuses(result)[Step.CHAIN] == "failed"
    assert "(chain-root)" in result.stdout
    assert "refused (chain-root)" in result.stderr


@pytest.mark.parametrize("name", VARIANTS)
def test_what_only_looks_odd_passes(place: Place, name: str) -> None:
    assert (
        place.verify(
            VARIANTS[name](place.making()),
            releases=(
                release(place.pcrs),
                release({index: index.to_bytes(48) for index in range(3)}),
            ),
        ).exit_code
        == 0
    )


@pytest.mark.parametrize("name", DEFECTS)
def test_no_defect_passes_and_the_failed_step_is_the_last_one(place: Place, name: str) -> None:
    result = place.verify(DEFECTS[name](place.making()), "--json")
    assert result.exit_code == 1, name
    if not result.stdout:
        return  # it is taken for a certificate, and cannot be read as one
    found = as_json(result)
    order = [each["status"] for each in found["steps"]]
    failed = order.index("failed")
    assert set(order[:failed]) <= {"passed", "not checked"}
    assert set(order[failed + 1 :]) <= {"not reached"}
    assert found["verified"] is False
    assert f"({found['steps'][failed]['code']})" in result.stderr


def test_another_release_fails_and_names_what_runs(place: Place) -> None:
    result = place.verify(place.making().document(), releases=(release(measured("another")),))
    assert result.exit_code == 1
    assert statuses(result)[Step.RELEASE] == "failed"
    assert place.pcrs[0].hex() in result.stdout


def test_measurements_of_two_releases_are_no_release(place: Place) -> None:
    other = measured("another")
    mixed = ({**place.pcrs, 2: other[2]}, {**other, 2: place.pcrs[2]})
    result = place.verify(place.making().document(), releases=tuple(map(release, mixed)))
    assert result.exit_code == 1
    assert statuses(result)[Step.RELEASE] == "failed"


def test_no_release_at_all_fails(place: Place) -> None:
    file = place.written(place.making().document())
    result = run("verify", file, "--development-root", place.root_file)
    assert result.exit_code == 1
    assert statuses(result)[Step.RELEASE] == "failed"
    assert "give --release" in result.stderr


def test_debug_mode_fails_unless_it_is_allowed(tmp_path: Path) -> None:
    place = Place(tmp_path, pcrs=in_debug_mode())
    file = place.written(place.making().document())
    result = run("verify", file, "--development-root", place.root_file)
    assert (result.exit_code, statuses(result)[Step.DEBUG]) == (1, "failed")
    result = run("verify", file, "--development-root", place.root_file, "--allow-debug")
    assert result.exit_code == 0, result.output
    assert statuses(result)[Step.DEBUG] == statuses(result)[Step.RELEASE] == "not checked"
    assert "runs                    an image in debug mode" in result.stdout


def test_zeros_are_no_release(place: Place) -> None:
    result = place.verify(place.making().document(), releases=(release(in_debug_mode()),))
    assert result.exit_code == 2
    assert "debug mode" in result.stderr


def test_a_document_is_judged_at_a_time_that_is_given(tmp_path: Path) -> None:
    place = Place(tmp_path, now=1_782_779_620.0)
    document = place.making().document()
    result = place.verify(document)
    assert statuses(result)[Step.TIME] == "failed"
    for text in ("2026-06-30T00:33:40", "2026-06-30T00:33:40Z"):
        assert place.verify(document, "--at", text).exit_code == 0
    assert place.verify(document, "--at", "2026-06-30T00:32:00").exit_code == 1


def test_json_says_all_of_it(place: Place) -> None:
    result = place.verify(place.making().document(), "--json")
    found = as_json(result)
    assert found["verified"] is True
    assert [each["step"] for each in found["steps"]] == [step.name.lower() for step in Step]
    assert found["not_checked"] == ["carrier", "key", "pins", "user_data", "nonce"]
    document = found["document"]
    assert document["release"] == "release 1"
    assert document["development"] is True
    assert document["debug"] is False
    assert document["pcrs"]["0"] == place.pcrs[0].hex()


def test_json_of_a_refusal_has_no_document_unless_it_was_proved(place: Place) -> None:
    found = as_json(place.verify(place.making().document()[:-1], "--json"))
    assert found["document"] is None
    unknown = (release(measured("another")),)
    found = as_json(place.verify(place.making().document(), "--json", releases=unknown))
    assert found["document"]["module_id"].startswith("i-")
    assert found["document"]["release"] is None


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--release", "00", "three PCRs"),
        ("--release", f"{'1' * 96},{'1' * 96}", "three PCRs"),
        ("--release", f"{'1' * 96},{'1' * 96},{'g' * 96}", "three PCRs"),
        ("--root", "00", "SHA-256"),
        ("--at", "yesterday", "does not match"),
        ("--development-root", "missing.pem", "missing.pem cannot be read"),
    ],
)
def test_wrong_options_are_told(place: Place, option: str, value: str, said: str) -> None:
    result = run("verify", place.written(b""), option, value)
    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_a_root_beside_a_development_root_is_wrong(place: Place) -> None:
    result = place.verify(place.making().document(), "--root", "0" * 64)
    assert result.exit_code == 2
    assert "no other --root is trusted" in result.stderr


def test_another_root_is_trusted_where_it_is_named(place: Place) -> None:
    fingerprint = place.root.certificate.fingerprint(SHA256()).hex(":").upper()
    file = place.written(place.making().document())
    result = run("verify", file, "--release", release(place.pcrs), "--root", fingerprint)
    assert result.exit_code == 0, result.output
    assert "proves nothing" not in result.stdout


def test_text_of_a_document_cannot_reach_the_terminal(place: Place) -> None:
    odd = "i-0\x1b[2J\r-enc0"
    result = place.verify(place.making().saying(module_id=odd).document())
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "\r" not in result.output
    assert r"\x1b[2J" in result.stdout
