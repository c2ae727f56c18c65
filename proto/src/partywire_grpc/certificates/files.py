"""Files that hold keys and certificates: written once, and read only where nobody else can."""

import os
import stat
import sys
from pathlib import Path
from typing import Final

MAX_FILE: Final = 64 << 10
"""Bytes of a file with a key or a certificate, at most."""

_OTHERS: Final = 0o077
_CREATE: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


class Unfit(Exception):
    """A file is not what is wanted; ``problem`` says why and what to do, and shows no content."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


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


def read_private(path: Path) -> bytes:
    """Return the content of a file that nobody but its owner can read.

    Only the file itself is looked at, and not the folders above it.

    Raises:
        Unfit: it cannot be read; it is a symbolic link or no file; others can read it, or write to
            it; it is larger than `MAX_FILE`.
    """
    return _read(path, _READ | _NO_LINK, private=True)


def read_public(path: Path) -> bytes:
    """Return the content of a file that anybody may read.

    Raises:
        Unfit: it cannot be read, is no file, or is larger than `MAX_FILE`.
    """
    return _read(path, _READ, private=False)


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


def _read(path: Path, flags: int, *, private: bool) -> bytes:
    if private and path.is_symlink():
        raise Unfit("it is a symbolic link; name the file itself")
    try:
        descriptor = os.open(path, flags)
        try:
            _check(path, os.fstat(descriptor).st_mode, private=private)
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(MAX_FILE + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unfit(f"it cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE:
        raise Unfit(f"it is larger than {MAX_FILE} bytes")
    return content


def _check(path: Path, mode: int, *, private: bool) -> None:
    if not stat.S_ISREG(mode):
        raise Unfit("it is no regular file")
    if private and sys.platform != "win32" and mode & _OTHERS:
        shown = f"{stat.S_IMODE(mode):04o}"
        raise Unfit(f"others than its owner can use it (mode {shown}); run: chmod 600 {path}")
