"""The demo as real processes: results, deaths, and that nothing is left of it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


PROGRAM = str(Path(sysconfig.get_path("scripts"), "partywire"))
HOSPITALS = ("north", "south", "east", "west")
LEFT = ("north", "east", "west")
SECONDS = 50

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals")
pidfd = pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="the end of a process that is not ours is seen by pidfd"
)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program, with its temporary folders in ``folder``; it is ended at the end."""
    command = [PROGRAM, "demo", *arguments]
    environment = {**os.environ, "TMPDIR": str(folder)}
    pipe: Any = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as program:  # noqa: S603
        try:
            yield program
        finally:
            program.kill()


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    with running(folder, *arguments) as program:
        output, errors = program.communicate(timeout=SECONDS)
    assert not list(folder.iterdir())
    return program.returncode, output, errors


def read_until(program: subprocess.Popen[str], beginning: str) -> str:
    """The first line that begins so."""
    assert program.stdout is not None
    for line in program.stdout:
        if line.startswith(beginning):
            return line
    raise AssertionError(f"it ended without {beginning!r}")


def pids(program: subprocess.Popen[str]) -> dict[str, int]:
    line = read_until(program, "Processes: ")
    return {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", line)}


@contextmanager
def ending(ids: Sequence[int]) -> Iterator[None]:
    """Processes live when the block begins, and have ended soon after it."""
    handles = [os.pidfd_open(pid) for pid in ids]
    try:
        assert not select.select(handles, [], [], 0)[0]
        yield
        for handle in handles:
            assert select.select([handle], [], [], SECONDS)[0]
    finally:
        for handle in handles:
            os.close(handle)


def test_four_processes_find_what_a_plain_computation_finds(tmp_path: Path) -> None:
    """On trio; the others are on asyncio where nothing is said."""
    code, output, errors = run(tmp_path, "--backend", "trio")
    assert (code, errors) == (0, "")
    lines = output.splitlines()
    assert len([line for line in lines if line.startswith("round ")]) == 9
    assert output.count(" exactly") == 31 + 1
    assert (
        lines[-1] == "The computation on shares and the plain one agree exactly, at every hospital."
    )
    assert "Transport: grpc-mtls." in output
    assert "Mutual TLS 1.3 protects their messages" in output
    (shown,) = [line for line in lines if line.startswith("Certificates (SHA-256): ")]
    proofs = re.findall(r"(\w+) ([0-9a-f]{16})\.\.\.", shown)
    assert [name for name, _ in proofs] == list(HOSPITALS)
    assert len({digits for _, digits in proofs}) == len(HOSPITALS)
    assert (
        "Whatever north, south, east and west sent and received: the other end had proved who it "
        "is, by its certificate, over TLS 1.3."
    ) in lines


def test_without_tls_it_is_said_that_nothing_protects_and_nobody_proved(tmp_path: Path) -> None:
    code, output, errors = run(tmp_path, "--transport", "grpc-insecure")
    assert code == 0, errors
    assert "agree exactly, at every hospital." in output
    assert "Nothing protects their messages" in output
    assert "sent and received: nobody had proved who it is." in output
    assert "Certificates" not in output
    warned = [line for line in errors.splitlines() if "INSECURE" in line]
    assert sorted(line.partition(":")[0] for line in warned) == sorted(HOSPITALS)
    assert warned == errors.splitlines()


def test_two_of_four_are_on_the_reference_wire(tmp_path: Path) -> None:
    code, output, errors = run(tmp_path, "--reference", "south", "--reference", "west")
    assert code == 0, errors
    assert (
        "On the reference wire: north-south, north-west, south-east, south-west and east-west."
    ) in output
    assert "On the fast wire: north-east." in output
    assert "agree exactly, at every hospital." in output


def test_who_is_on_the_reference_wire_takes_part_between_processes(tmp_path: Path) -> None:
    code, _, errors = run(tmp_path, "--reference", "middle")
    assert code == 2
    assert "there is no 'middle'" in errors
    code, _, errors = run(tmp_path, "--reference", "south", "--transport", "inmemory")
    assert code == 2
    assert "--reference is for processes" in errors


def test_each_attests_what_it_runs_and_certificates_change_meanwhile(tmp_path: Path) -> None:
    code, output, errors = run(tmp_path, "--attested", "--lifetime", "12s", "--pace", "1.5")
    assert code == 0, errors
    assert "agree exactly, at every hospital." in output
    assert "DEVELOPMENT: a module of this run signs, and no enclave" in output
    assert (
        "Whatever p1, p2, p3 and p4 sent and received: the other end had proved who it is, and had "
        "given a document for that very connection that it runs 'hospital 1.0'; a development "
        "module signed it."
    ) in output.splitlines()
    (told,) = re.findall(r"Certificates last 12s, and were renewed meanwhile: (.*)\.\n", output)
    times = [int(each) for each in re.findall(r"p\d (\d+) times", told)]
    assert len(times) == 4
    assert min(times) > 0


def test_one_that_runs_another_program_is_let_in_by_nobody(tmp_path: Path) -> None:
    code, output, errors = run(tmp_path, "--attested", "--untrusted-release", "p3")
    assert code == 0, errors
    for name in ("p1", "p2", "p4"):
        assert re.search(
            rf"^{name} goes on without p3, in round 1 .*: p3: attestation of p3 refused "
            r"\(release-unknown\): no trusted release has these measurements together: ",
            output,
            re.MULTILINE,
        )
    assert re.search(r"^p3 ends, in round \d \(.*\): TooFewLeft: ", output, re.MULTILINE)
    assert "round 1 of 9: share sums and masks. So far 6 messages, " in output
    assert "p3 was refused by all others, because the program that it runs is no release" in output
    assert "dropped out" not in output
    assert "agree exactly, at every hospital that is left." in output


def test_the_others_go_on_without_one_that_is_killed_and_say_who_and_when(tmp_path: Path) -> None:
    code, output, errors = run(tmp_path, "--crash", "south@4")
    assert code == 0, errors
    assert "Processes get killed: south crashes in round 4." in output
    assert "south stops, in round 4: agree who multiplied" in output
    for name in LEFT:
        assert re.search(
            rf"^{name} goes on without south, in round 4 \(agree who multiplied\): "
            r"PeerUnreachable: session \w+: south is unreachable for 5.0 s: ",
            output,
            re.MULTILINE,
        )
    assert "south learned" not in output
    assert "agree exactly, at every hospital that is left." in output


def test_one_for_all_ends_all_and_everybody_says_who_died(tmp_path: Path) -> None:
    code, _, errors = run(tmp_path, "--crash", "south@4", "--on-peer-failure", "session")
    assert code == 1
    told = errors[errors.index("Error: the computation failed") :].splitlines()[1:]
    assert [line.split(":")[0].strip() for line in told] == list(LEFT)
    for line in told:
        assert ": EndedEarly: in round 4 (agree who multiplied): Peer" in line
        assert "south" in line


def test_one_that_somebody_else_kills_is_named(tmp_path: Path) -> None:
    with running(tmp_path, "--pace", "0.2", "--backend", "trio") as program:
        south = pids(program)["south"]
        read_until(program, "round 1 of 9")
        os.kill(south, signal.SIGKILL)
        output, errors = program.communicate(timeout=SECONDS)
    assert program.returncode == 0, errors
    told = re.findall(r"^(\w+) goes on without south, in round (\d) ", output, re.MULTILINE)
    rounds = [int(number) for _, number in told]
    assert sorted(name for name, _ in told) == sorted(LEFT)
    assert 2 <= max(rounds) <= min(rounds) + 1  # some may have got the last that it sent


@pidfd
@pytest.mark.parametrize(
    ("number", "code", "backend"),
    [
        (signal.SIGINT, 1, "trio"),
        (signal.SIGTERM, 143, "asyncio"),
        (signal.SIGQUIT, 131, "asyncio"),
    ],
)
def test_an_end_from_outside_leaves_no_process_and_no_file(
    tmp_path: Path, number: signal.Signals, code: int, backend: str
) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell ignores both for what it runs aside
    with running(tmp_path, "--pace", "1000", "--backend", backend) as program:
        with ending(list(pids(program).values())):
            (folder,) = tmp_path.iterdir()
            assert {file.name for file in folder.iterdir()} == {
                f"{name}.{kind}" for name in HOSPITALS for kind in ("toml", "crt", "key")
            }
            program.send_signal(number)
            _, errors = program.communicate(timeout=SECONDS)
    assert program.returncode == code
    assert "Traceback" not in errors
    assert ("Aborted!" in errors) == (number == signal.SIGINT)
    assert not list(tmp_path.iterdir())


def test_output_that_nobody_reads_any_more_ends_it_quietly(tmp_path: Path) -> None:
    with running(tmp_path, "--pace", "1000") as program:
        assert program.stdout
        read_until(program, "Hospitals: ")
        program.stdout.close()
        assert program.wait(SECONDS) == 1
        assert program.stderr
        assert "Traceback" not in program.stderr.read()
    assert not list(tmp_path.iterdir())


@pidfd
def test_processes_whose_parent_is_killed_end(tmp_path: Path) -> None:
    with running(tmp_path, "--pace", "1000", "--backend", "trio") as program:
        with ending(list(pids(program).values())):
            program.kill()
