"""Files that hold keys and certificates: written once, and read only where nobody else can.

What is written never follows a symbolic link. What is read may: secrets that are mounted into a
container are links. The file that was opened is judged then, and not the path.
"""

import os
import stat
import sys
from pathlib import Path
from typing import Final

MAX_FILE: Final = 64 << 10
"""Bytes of a file with a key or a certificate, at most."""

_ROOT: Final = 0
_OTHERS: Final = 0o077
_GROUP_READS: Final = 0o040
_CREATE: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class Unfit(Exception):
    """A file is not what is wanted; ``problem`` says why and what to do, and shows no content.

    Attributes:
        missing: whether nothing is there.
    """

    def __init__(self, problem: str, *, missing: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.missing = missing


def make_private_folder(path: Path) -> None:
    """Make a folder that nobody else can look into: mode 0700, less what the umask takes.

    Raises:
        FileExistsError: something is there, if only a symbolic link to nothing.
        OSError: it cannot be made.
    """
    path.mkdir(mode=0o700)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file for its owner alone: mode 0600, less what the umask takes.

    It has that mode before it has content. What could not be written whole is removed.

    Raises:
        FileExistsError: something is there, if only a symbolic link to nothing.
        OSError: it cannot be written.
    """
    _write(path, content, 0o600)


def write_public(path: Path, content: bytes) -> None:
    """Write a new file for everybody to read: mode 0644, less what the umask takes.

    Raises:
        FileExistsError: something is there, if only a symbolic link to nothing.
        OSError: it cannot be written.
    """
    _write(path, content, 0o644)


def replace(path: Path, fresh: Path, kept: Path) -> None:
    """Let a file take the place of another one, which is kept under a third name.

    All three are in one folder. Whoever opens ``path`` finds either file whole, and never nothing.
    A call that failed or was broken off can be made again.

    Raises:
        FileExistsError: something else has the third name.
        OSError: it cannot be done, and nothing has changed.
    """
    try:
        os.link(path, kept, follow_symlinks=False)
    except FileExistsError:
        if kept.is_symlink() or not kept.samefile(path):
            raise
    fresh.replace(path)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_private(path: Path) -> bytes:
    """Return the content of a file that is for this user alone.

    It belongs to this user, and nobody else can use it; or it belongs to root, and at most its
    group can read it beside root. That is how secrets are mounted into a container. A symbolic link
    is followed. Only the file at its end is looked at, once it is open, and not the folders above.

    Raises:
        Unfit: it cannot be read, or is no file; it belongs to another user; others can read it, or
            write to it; it is larger than `MAX_FILE`.
    """
    return _read(path, private=True)


def read_public(path: Path) -> bytes:
    """Return the content of a file that anybody may read.

    Raises:
        Unfit: it cannot be read, is no file, or is larger than `MAX_FILE`.
    """
    return _read(path, private=False)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, _CREATE, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _read(path: Path, *, private: bool) -> bytes:
    try:
        descriptor = os.open(path, _READ)
        try:
            _check(path, os.fstat(descriptor), private=private)
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(MAX_FILE + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise Unfit(f"it cannot be read: {error.strerror}", missing=missing) from None
    if len(content) > MAX_FILE:
        raise Unfit(f"it is larger than {MAX_FILE} bytes")
    return content


def _check(path: Path, opened: os.stat_result, *, private: bool) -> None:
    if not stat.S_ISREG(opened.st_mode):
        raise Unfit("it is no regular file")
    if private and sys.platform != "win32":
        check_owner(path, opened, os.geteuid())


def check_owner(path: Path, opened: os.stat_result, user: int) -> None:
    """Check that a file is for one user alone; see `read_private`.

    Raises `Unfit` where it belongs to somebody else, or others can use it.
    """
    if opened.st_uid not in (user, _ROOT):
        problem = f"it belongs to the user {opened.st_uid}, who can read and change it"
        raise Unfit(f"{problem}; run: chown {user} {path}")
    may = 0o600 if opened.st_uid == user else 0o600 | _GROUP_READS
    if opened.st_mode & _OTHERS & ~may:
        shown = f"{stat.S_IMODE(opened.st_mode):04o}"
        raise Unfit(f"others than its owner can use it (mode {shown}); run: chmod {may:o} {path}")
