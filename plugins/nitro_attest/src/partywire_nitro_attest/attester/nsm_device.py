"""The device of the Nitro security module: one system call for a request and its answer.

``ioctl(fd, 0xC0200A00, message)``, which is ``_IOWR(0x0A, 0, 32 bytes)``. The message, in the
machine's own byte order:

====== ==== ==================================================================
offset size field
====== ==== ==================================================================
0      8    address of the request
8      8    its length
16     8    address of the room for the answer
24     8    the size of that room; after the call, the length of the answer
====== ==== ==================================================================

https://github.com/torvalds/linux/blob/master/include/uapi/linux/nsm.h
"""

import ctypes
import errno
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from partywire_nitro_attest.attester.nsm_messages import MAX_ANSWER, MAX_REQUEST
from partywire_nitro_attest.security_module import ModuleFailed

DEVICE: Final = Path("/dev/nsm")
REQUEST: Final = 0xC0200A00
"""The number of the call."""
MESSAGE: Final = struct.Struct("=QQQQ")

_OPENING: Final = "opening its device"
_REMEDIES: Final = {
    errno.ENOENT: "there is none here; is this an enclave? For tests there is nitro-development",
    errno.EACCES: "this user may not; run as root in the enclave, or change the device's owner",
    errno.EPERM: "this user may not; run as root in the enclave, or change the device's owner",
    errno.EMSGSIZE: "the request is larger than it takes; report this",
    errno.ETIMEDOUT: "it did not answer; ask again, and start the enclave anew if it stays",
    errno.EINTR: "a signal broke the call off; ask again",
    errno.ENOTTY: "it is no security module; look at what is mounted there",
}

Ioctl = Callable[[int, int, bytearray], object]
"""`fcntl.ioctl`: a descriptor, the number of the call, and its message, which it changes."""


class NsmDevice:
    """An open device. One call is made at a time.

    Args:
        descriptor: of the open device.
        ioctl: makes the call.
    """

    def __init__(self, descriptor: int, ioctl: Ioctl) -> None:
        self._descriptor = descriptor
        self._ioctl = ioctl

    def ask(self, operation: str, request: bytes) -> bytes:
        """Return the answer to a request, not looked at. Blocks for up to 120 s, as Linux has it.

        Args:
            operation: what is asked for, for the error.
            request: at most `MAX_REQUEST` bytes.

        Raises:
            ModuleFailed: the call failed, or what it says of the answer cannot be true.
        """
        if not 1 <= len(request) <= MAX_REQUEST:
            raise ModuleFailed(operation, f"a request of {len(request)} bytes; report this")
        asked = ctypes.create_string_buffer(request, len(request))
        room = ctypes.create_string_buffer(MAX_ANSWER)
        addresses = ctypes.addressof(asked), ctypes.addressof(room)
        message = bytearray(MESSAGE.pack(addresses[0], len(request), addresses[1], MAX_ANSWER))
        try:
            self._ioctl(self._descriptor, REQUEST, message)
        except OSError as error:
            raise ModuleFailed(operation, _words(error)) from error
        size = MESSAGE.unpack(message)[3]
        if not 1 <= size <= MAX_ANSWER:
            raise ModuleFailed(operation, f"an answer of {size} bytes; it has 1 to {MAX_ANSWER}")
        return room.raw[:size]


@contextmanager
def opened_device(path: Path = DEVICE) -> Iterator[NsmDevice]:
    """Hold the device open.

    Raises:
        ModuleFailed: it is not there, or may not be used, or this system has no such calls.
    """
    try:
        from fcntl import ioctl
    except ImportError:
        raise ModuleFailed(_OPENING, "this system has none; an enclave runs Linux") from None
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise ModuleFailed(_OPENING, f"{path}: {_words(error)}") from error
    try:
        yield NsmDevice(descriptor, ioctl)
    finally:
        os.close(descriptor)


def _words(error: OSError) -> str:
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{error.strerror or 'no reason given'}{f'; {remedy}' if remedy else ''}"
