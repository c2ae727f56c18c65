"""What ``partywire demo`` takes on its command line, and what it refuses by name."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from partywire_cli.demo.asked import Asked
from partywire_cli.demo.command import demo
from partywire_cli.demo.options import crashes, duration
from partywire_cli.demo.protocol import STEPS
from partywire_cli.demo.simulated import Crash
from partywire_cli.demo.venues import Separate

CONTEXT, OPTION = demo.make_context("demo", []), demo.params[0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("50ms", 0.05),
        ("0.05s", 0.05),
        ("2s", 2.0),
        ("1.5ms", 0.0015),
        ("0s", 0.0),
        ("1min", 60.0),
        ("3h", 10800.0),
        (None, None),
    ],
)
def test_a_time_is_read_in_seconds(text: str | None, seconds: float | None) -> None:
    assert duration(CONTEXT, OPTION, text) == seconds


def test_a_crash_is_in_a_round_or_at_a_time() -> None:
    texts = ("p3@2", "p10@9", "p3@2.5s", "p1@50ms", "p4@0s")
    assert crashes(CONTEXT, OPTION, texts) == (
        Crash("p3", round=2),
        Crash("p10", round=9),
        Crash("p3", at=2.5),
        Crash("p1", at=0.05),
        Crash("p4", at=0.0),
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--latency", "5"], "'5' is no length of time; write 50ms, 0.05s, 15min or 3h"),
        (["--latency", "-5ms"], "'-5ms' is no length of time"),
        (["--jitter", "infs"], "'infs' is no length of time"),
        (["--loss", "1.5"], "1.5 is not in the range 0<=x<=1"),
        (["--parties", "3"], "3 is not in the range 4<=x<=16"),
        (["--crash", "p3"], "'p3' is no crash; write p3@2 (a round) or p3@2.5s (a time)"),
        (["--crash", "p3@"], "'p3@' is no crash"),
        (["--crash", "p3@x"], "'x' is no length of time"),
        (["--crash", "p3@1", "--crash", "p3@2s"], "p3 crashes twice, and nobody comes back"),
        (["--crash", "p3@0"], "there is no round 0; the rounds are 1 (share sums and masks), 2"),
        (["--crash", "p3@12"], "there is no round 12; the rounds are 1"),
        (["--crash", "p3@1"], "there is no 'p3'; the hospitals are north, south, east, west"),
        (["--crash", "p9@1", "--seed", "1"], "there is no 'p9'; the hospitals are p1, p2, p3, p4"),
        (["--crash", "north@1", "--parties", "4"], "there is no 'north'; the hospitals are p1, p2"),
        (
            ["--crash", "north@1", "--transport", "inmemory"],
            "there is no 'north'; the hospitals are p1, p2, p3, p4",
        ),
        (["--seed", "1", "--pace", "1"], "--pace is for real time"),
        (
            ["--transport", "grpc-insecure", "--seed", "1", "--latency", "1ms", "--jitter", "0s"],
            "--seed, --latency and --jitter: only a network in memory is simulated; "
            "without --transport grpc-insecure it is",
        ),
        (
            ["--transport", "grpc-mtls", "--loss", "0"],
            "--loss: only a network in memory is simulated; without --transport grpc-mtls it is",
        ),
        (
            ["--transport", "grpc-insecure", "--crash", "p3@2"],
            "there is no 'p3'; the hospitals are north, south, east, west",
        ),
        (["--untrusted-release", "p3"], "--untrusted-release and --lifetime are for --attested"),
        (["--lifetime", "3s"], "--untrusted-release and --lifetime are for --attested"),
        (
            ["--attested", "--untrusted-release", "south"],
            "there is no 'south'; the hospitals are p1",
        ),
        (["--attested", "--transport", "grpc-insecure"], "--attested is for mutual TLS"),
        (["--attested", "--latency", "1ms"], "--attested is for mutual TLS"),
        (["--attested", "--reference", "p1"], "the reference wire cannot: leave --reference out"),
        (["--attested", "--lifetime", "0s"], "--lifetime is 10s to 3h"),
        (["--attested", "--lifetime", "4000s", "--parties", "5", "--crash", "p9@1"], "no 'p9'"),
        (["--attested", "--lifetime", "10801s"], "--lifetime is 10s to 3h"),
    ],
)
def test_wrong_usage_is_refused_by_name(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(demo, arguments)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize(
    ("arguments", "transport"),
    [
        ([], "grpc-mtls"),
        (["--crash", "south@2", "--pace", "1"], "grpc-mtls"),
        (["--latency", "1ms", "--crash", "p3@2"], "inmemory"),
        (["--seed", "1"], "inmemory"),
        (["--transport", "inmemory"], "inmemory"),
        (["--transport", "grpc-insecure"], "grpc-insecure"),
    ],
)
def test_messages_go_over_mutual_tls_unless_something_else_is_asked_for(
    arguments: list[str], transport: str
) -> None:
    asked = Asked(**demo.make_context("demo", arguments).params)
    assert asked.carrier == transport
    assert isinstance(asked.venue(), Separate) == (transport != "inmemory")


def test_the_refusal_of_a_round_and_the_help_list_all_rounds() -> None:
    refused = CliRunner().invoke(demo, ["--crash", "p3@10"]).stderr
    told = " ".join(CliRunner().invoke(demo, ["--help"]).stdout.split())
    for number, step in enumerate(STEPS, start=1):
        assert f"{number} ({step.value})" in refused
        assert f"{number} ({step.value})" in told
