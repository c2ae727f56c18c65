"""The keys of the verifier ``nitro`` in a config."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import attrs

from partywire.delivery.limits import HOUR, MINUTE, Between, Unit
from partywire_nitro_attest.judging import CLOCK_SKEW, MAX_AGE, Trust
from partywire_nitro_attest.peers import PCR
from partywire_nitro_attest.policy import Policy, Release, UserDataCheck
from partywire_nitro_attest.roots import are_fingerprints, roots_of
from partywire_nitro_attest.user_data import user_data_check

_NAME: Final = re.compile(r"[!-~](?:[ -~]{0,62}[!-~])?", re.ASCII)

NO_NAME: Final = "a name has 1 to 64 printable characters of ASCII, and no blank at either end"
NO_RELEASE: Final = "no release is trusted, so nobody could ever be let in"
NO_OTHER_ROOTS: Final = "beside a development_root no other root is trusted; remove one of the keys"


def _is_name(_: object, key: "attrs.Attribute[Any]", value: str) -> None:
    """Take what a terminal, a log and a claim can hold as it is."""
    if not _NAME.fullmatch(value):
        raise ValueError(NO_NAME, key)


def _is_pcr(_: object, key: "attrs.Attribute[Any]", value: str) -> None:
    if not PCR.fullmatch(value):
        raise ValueError("a PCR is 96 hexadecimal digits", key)


def _are_releases(_: object, key: "attrs.Attribute[Any]", value: Sequence[object]) -> None:
    if not value:
        raise ValueError(NO_RELEASE, key)


def check_roots(_: object, key: "attrs.Attribute[Any]", value: Sequence[str]) -> None:
    """Refuse what is no fingerprint, as a validator."""
    if not are_fingerprints(value):
        raise ValueError("a fingerprint is a SHA-256: 64 hexadecimal digits, or with colons", key)


def _is_development_root(
    config: "NitroConfig", key: "attrs.Attribute[Any]", value: str | None
) -> None:
    if value is None:
        return
    check_roots(config, key, [value])
    try:
        roots_of((), value)
    except ValueError as error:
        raise ValueError(str(error), key) from None
    if config.roots:
        raise ValueError(NO_OTHER_ROOTS, key)


def _check_of(config: "NitroConfig") -> UserDataCheck | None:
    if config.user_data_check is None:
        return None
    try:
        return user_data_check(config.user_data_check)
    except ValueError as error:
        key = attrs.fields(NitroConfig).user_data_check
        raise ValueError(str(error), key) from None


@attrs.frozen
class NitroRelease:
    """``[[verifier.release]]``: an image that is trusted; the three PCRs count together."""

    name: str = attrs.field(validator=_is_name)
    """What people call it: 1 to 64 printable characters of ASCII."""
    pcr0: str = attrs.field(validator=_is_pcr)
    """PCR0 of the image, as its build printed it."""
    pcr1: str = attrs.field(validator=_is_pcr)
    """PCR1 of the image."""
    pcr2: str = attrs.field(validator=_is_pcr)
    """PCR2 of the image."""

    def __attrs_post_init__(self) -> None:
        """Refuse the zeros of debug mode."""
        self.release()

    def release(self) -> Release:
        """Return it as documents are held to it."""
        return Release(self.name, *map(bytes.fromhex, (self.pcr0, self.pcr1, self.pcr2)))


@attrs.frozen
class NitroConfig:
    """``[[verifier]]`` with ``plugin = "nitro"``."""

    release: tuple[NitroRelease, ...] = attrs.field(validator=_are_releases)
    """The images that are trusted, at least one."""
    max_age: Annotated[float, Unit("seconds"), Between(1, 24 * HOUR)] = MAX_AGE
    """How old a document may be."""
    clock_skew: Annotated[float, Unit("seconds"), Between(0, 10 * MINUTE)] = CLOCK_SKEW
    """How far a document may be ahead of this node's clock."""
    unknown_fields: Literal["ignore", "refuse"] = "ignore"
    """What to do with fields of a document that are not known; ignored ones are logged."""
    allow_debug: bool = False
    """Let enclaves in debug mode in, whose operators read all that is in them."""
    roots: tuple[str, ...] = attrs.field(default=(), validator=check_roots)
    """SHA-256 of further root certificates, beside AWS's: those of other partitions of AWS."""
    development_root: str | None = attrs.field(default=None, validator=_is_development_root)
    """SHA-256 of the root of a development security module, in place of all others: no enclave."""
    user_data_check: str | None = None
    """The installed check of the user data, by its name; nothing is asked of it otherwise."""
    check_user_data: UserDataCheck | None = attrs.field(
        init=False, repr=False, default=attrs.Factory(_check_of, takes_self=True)
    )

    def trust(self) -> Trust:
        """Return what is taken from whoever signs documents."""
        return Trust(
            roots=roots_of(self.roots, self.development_root),
            max_age=self.max_age,
            clock_skew=self.clock_skew,
            refuse_unknown_fields=self.unknown_fields == "refuse",
            allow_debug=self.allow_debug,
        )

    def policy(self, pins: Mapping[int, Sequence[bytes]]) -> Policy:
        """Return what is asked of the documents of a peer whose PCRs are pinned so."""
        releases = tuple(each.release() for each in self.release)
        return Policy(releases, pins, self.check_user_data)
