"""Files that decide who is trusted, and that others than their owner can change."""

import stat
import sys
from pathlib import Path
from typing import Final

from partywire.errors import outside_text

_WRITE: Final = 0o022


def exposed(path: Path) -> str | None:
    """Return a warning where others than its owner can write to a file, or None.

    The folders above it are not looked at, and nothing on Windows.
    """
    if sys.platform == "win32":
        return None
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except (OSError, ValueError):
        return None
    if not mode & _WRITE:
        return None
    name = str(path) if str(path).isprintable() else outside_text(str(path), 512)
    said = f"others than its owner can write to {name} (mode {mode:04o})"
    return f"{said}, and so decide who is let in; run: chmod go-w {name}"
