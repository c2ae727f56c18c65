"""Files of keys: nobody else can read them, and nothing is written over."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from partywire_grpc.certificates.files import (
    MAX_FILE,
    Unfit,
    check_owner,
    make_private_folder,
    read_private,
    read_public,
    write_private,
    write_public,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOTH = pytest.mark.parametrize("write", [write_private, write_public])


def mode(path: Path) -> int:
    return stat.S_IMODE(os.stat(path, follow_symlinks=False).st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_modes_whatever_the_umask_is(tmp_path: Path, umask: int) -> None:
    make_private_folder(tmp_path / "alice")
    write_private(tmp_path / "alice.key", b"secret")
    write_public(tmp_path / "alice.crt", b"public")
    assert mode(tmp_path / "alice") == 0o700
    assert mode(tmp_path / "alice.key") == 0o600
    assert mode(tmp_path / "alice.crt") == 0o644 & ~umask
    assert (tmp_path / "alice.key").read_bytes() == b"secret"


@BOTH
def test_nothing_is_written_over(tmp_path: Path, write: Callable[[Path, bytes], None]) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"before")
    with pytest.raises(FileExistsError):
        write(path, b"after")
    assert path.read_bytes() == b"before"


@BOTH
@pytest.mark.parametrize("exists", [True, False])
def test_no_link_is_followed(
    tmp_path: Path, write: Callable[[Path, bytes], None], exists: bool
) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    if exists:
        target.write_bytes(b"before")
    link.symlink_to(target)
    with pytest.raises(FileExistsError):
        write(link, b"after")
    assert link.is_symlink()
    assert target.exists() == exists
    assert not exists or target.read_bytes() == b"before"


def test_a_folder_that_is_there_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("link", "."):
        with pytest.raises(FileExistsError):
            make_private_folder(tmp_path / name)
    assert not (tmp_path / "nowhere").exists()


@BOTH
def test_what_cannot_be_written_whole_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes], None]
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "alice.key", b"secret")
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"k" * MAX_FILE)
    write_public(tmp_path / "crt", b"c")
    assert read_private(tmp_path / "key") == b"k" * MAX_FILE
    assert read_public(tmp_path / "crt") == b"c"


@pytest.mark.parametrize("readable", [0o604, 0o640, 0o610, 0o602, 0o644, 0o777])
def test_what_others_can_use_is_no_key(tmp_path: Path, readable: int) -> None:
    path = tmp_path / "key"
    write_private(path, b"secret")
    path.chmod(readable)
    with pytest.raises(Unfit) as caught:
        read_private(path)
    assert f"(mode {readable:04o}); run: chmod 600 {path}" in caught.value.problem
    assert read_public(path) == b"secret"


def test_a_link_is_followed_to_a_key_that_is_judged_as_it_was_opened(tmp_path: Path) -> None:
    """As in a mounted secret: the file, by a link, below a folder that is a link."""
    (tmp_path / "generation").mkdir()
    (tmp_path / "..data").symlink_to("generation")
    key = tmp_path / "generation" / "key"
    write_private(key, b"secret")
    (tmp_path / "key").symlink_to("..data/key")
    assert read_private(tmp_path / "key") == read_public(tmp_path / "key") == b"secret"
    key.chmod(0o644)
    with pytest.raises(Unfit, match=r"mode 0644"):
        read_private(tmp_path / "key")


def test_a_link_to_nothing_or_to_itself_is_no_key(tmp_path: Path) -> None:
    for name, target in (("empty", "missing"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(Unfit, match="it cannot be read"):
            read_private(tmp_path / name)


ROOT, MINE, ANOTHERS = 0, 1000, 1001


def opened(owner: int, mode: int) -> os.stat_result:
    return os.stat_result((0o100000 | mode, 1, 1, 1, owner, 1000, 6, 0, 0, 0))


@pytest.mark.parametrize(
    ("owner", "mode", "user"),
    [
        (MINE, 0o600, MINE),
        (MINE, 0o400, MINE),
        (ROOT, 0o600, ROOT),
        (ROOT, 0o440, MINE),
        (ROOT, 0o640, MINE),
        (ROOT, 0o400, MINE),
    ],
)
def test_a_key_is_of_this_user_or_of_root_with_its_group(owner: int, mode: int, user: int) -> None:
    check_owner(Path("key"), opened(owner, mode), user)


@pytest.mark.parametrize(
    ("owner", "mode", "user", "problem"),
    [
        (MINE, 0o640, MINE, "(mode 0640); run: chmod 600 key"),
        (ROOT, 0o640, ROOT, "(mode 0640); run: chmod 600 key"),
        (ROOT, 0o644, MINE, "(mode 0644); run: chmod 640 key"),
        (ROOT, 0o660, MINE, "(mode 0660); run: chmod 640 key"),
        (ANOTHERS, 0o600, MINE, "user 1001, who can read and change it; run: chown 1000 key"),
        (ANOTHERS, 0o440, MINE, "user 1001, who can read and change it; run: chown 1000 key"),
        (ANOTHERS, 0o600, ROOT, "user 1001, who can read and change it; run: chown 0 key"),
    ],
)
def test_a_key_of_somebody_else_or_for_others_is_none(
    owner: int, mode: int, user: int, problem: str
) -> None:
    with pytest.raises(Unfit) as caught:
        check_owner(Path("key"), opened(owner, mode), user)
    assert caught.value.problem.endswith(problem)


@pytest.mark.parametrize("read", [read_private, read_public])
def test_only_small_regular_files_are_read(tmp_path: Path, read: Callable[[Path], bytes]) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    write_private(tmp_path / "large", b"x" * (MAX_FILE + 1))
    for name, problem in [
        (".", "it is no regular file"),
        ("pipe", "it is no regular file"),
        ("large", "it is larger than 65536 bytes"),
        ("missing", "it cannot be read: No such file or directory"),
        ("large/x", "it cannot be read: Not a directory"),
    ]:
        with pytest.raises(Unfit) as caught:
            read(tmp_path / name)
        assert caught.value.problem == problem


def test_reading_leaves_no_descriptor_open(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"secret")
    free = os.open(tmp_path, os.O_RDONLY)
    os.close(free)
    for name in ("key", ".", "missing"):
        with pytest.raises(Unfit) if name != "key" else memoryview(b""):
            read_private(tmp_path / name)
    again = os.open(tmp_path, os.O_RDONLY)
    os.close(again)
    assert again == free
