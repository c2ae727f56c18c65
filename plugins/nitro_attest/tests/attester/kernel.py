"""The other side of the device's system call: a kernel that reads and writes memory by address."""

from __future__ import annotations

import ctypes
import hashlib
import struct
from typing import Any

import attrs
import cbor2


@attrs.define
class Kernel:
    """Answers by ``answer``, or, where that is None, by a small module of its own."""

    answer: bytes | None = None
    size: int | None = None
    error: OSError | None = None
    document: bytes = b"a document"
    requests: list[bytes] = attrs.field(factory=list)
    calls: list[tuple[int, int]] = attrs.field(factory=list)
    room: int = 0
    pcrs: dict[int, bytes] = attrs.field(factory=lambda: {n: bytes(48) for n in range(32)})
    locked: set[int] = attrs.field(factory=set)

    def __call__(self, descriptor: int, number: int, message: bytearray) -> object:
        assert len(message) == 32
        self.calls.append((descriptor, number))
        if self.error:
            raise self.error
        asked, length, answered, self.room = struct.unpack("=QQQQ", message)
        request = ctypes.string_at(asked, length)
        self.requests.append(request)
        answer = self._answer(cbor2.loads(request)) if self.answer is None else self.answer
        cut = answer[: self.room]
        ctypes.memmove(answered, cut, len(cut))
        message[24:] = struct.pack("=Q", len(answer) if self.size is None else self.size)
        return 0

    def _answer(self, request: Any) -> bytes:
        name = request if isinstance(request, str) else next(iter(request))
        given = {} if isinstance(request, str) else request[name]
        return cbor2.dumps(getattr(self, f"_{name}")(**given))

    def _Attestation(self, **_: object) -> object:  # noqa: N802 - the module's own names
        return {"Attestation": {"document": self.document}}

    def _GetRandom(self) -> object:  # noqa: N802
        return {"GetRandom": {"random": b"random" * 4}}

    def _DescribeNSM(self) -> object:  # noqa: N802
        said = {"version_major": 1, "version_minor": 0, "version_patch": 2}
        said |= {"module_id": "i-0-enc0", "max_pcrs": 32, "digest": "SHA384"}  # type: ignore[dict-item]
        return {"DescribeNSM": {**said, "locked_pcrs": sorted(self.locked)}}

    def _DescribePCR(self, index: int) -> object:  # noqa: N802
        return {"DescribePCR": {"lock": index in self.locked, "data": self.pcrs[index]}}

    def _ExtendPCR(self, index: int, data: bytes) -> object:  # noqa: N802
        if index in self.locked:
            return {"Error": "ReadOnlyIndex"}
        self.pcrs[index] = hashlib.sha384(self.pcrs[index] + data).digest()
        return {"ExtendPCR": {"data": self.pcrs[index]}}

    def _LockPCR(self, index: int) -> object:  # noqa: N802
        self.locked.add(index)
        return "LockPCR"

    def _LockPCRs(self, range: int) -> object:  # noqa: N802
        self.locked.update(index for index in self.pcrs if index < range)
        return "LockPCRs"
