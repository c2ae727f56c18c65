"""A party of the reference wire that is not ours, in a process: ``python -m tests.reference.peer``.

It is made of grpclib, Python's TLS and the facts of the wire alone: nothing of ours is imported.
Its argument is a table as JSON: its ``role``, the ``port``, and ``tls``, where there is any: the
files of its ``certificate`` and ``private_key`` and of whom it has ``trusted``, and the ``name``
that a server's certificate has to have.

A client is told one call in each line, makes it at once, and says how each ended. A server is told
what to answer, and says what has come; see `Client` and `Server`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
import sys
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.config import Configuration
from grpclib.const import Cardinality, Handler, Status
from grpclib.encoding.base import CodecBase
from grpclib.exceptions import GRPCError, StreamTerminatedError
from grpclib.server import Server as Listener

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = "/ddec_networking.gnetworking/"
HOST = "127.0.0.1"
WINDOW = 1 << 24


class Raw(CodecBase):
    """Messages are bytes."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:
        return bytes(message)

    def decode(self, data: bytes, message_type: Any) -> bytes:
        return data


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def field(number: int, content: bytes) -> bytes:
    """One field of protobuf that has bytes."""
    head, length = bytearray((number << 3 | 2,)), len(content)
    while length > 127:
        head.append(length % 128 + 128)
        length //= 128
    return bytes(head) + bytes((length,)) + content


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a message all of which have bytes."""
    place = 0
    while place < len(message):
        key, place = message[place], place + 1
        length, factor = 0, 1
        while True:
            byte, place = message[place], place + 1
            length, factor = length + byte % 128 * factor, factor * 128
            if byte < 128:
                break
        yield key >> 3, message[place : place + length]
        place += length


def context(tls: dict[str, str] | None, *, server: bool) -> ssl.SSLContext | None:
    """TLS 1.3 and nothing older; both ends show a certificate."""
    if tls is None:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.set_alpn_protocols(["h2"])
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(tls["trusted"])
    if tls["certificate"]:
        made.load_cert_chain(tls["certificate"], tls["private_key"])
    return made


class Client:
    """Calls a server: a line has a ``method``, and the whole ``request``, or ``tag`` and ``size``.

    It says the ``number`` of the call, from 0, its ``code``, and the bytes of the ``answer``.
    """

    def __init__(self, port: int, tls: dict[str, str] | None) -> None:
        settings = Configuration(
            http2_connection_window_size=WINDOW,
            http2_stream_window_size=WINDOW,
            ssl_target_name_override=tls["name"] if tls else None,
        )
        secured = context(tls, server=False)
        self._channel = Channel(HOST, port, codec=Raw(), ssl=secured, config=settings)
        self._calls: set[asyncio.Task[None]] = set()

    def told(self, number: int, line: dict[str, Any]) -> None:
        """Make a call."""
        task = asyncio.ensure_future(self._call(number, line))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _call(self, number: int, line: dict[str, Any]) -> None:
        if "request" in line:
            request = bytes.fromhex(line["request"])
        else:
            value = bytes((line.get("byte", 118),)) * line.get("size", 0)
            request = field(1, bytes.fromhex(line["tag"])) + field(2, value)
        method = UnaryUnaryMethod[bytes, bytes](
            self._channel, SERVICE + line["method"], bytes, bytes
        )
        metadata = line.get("metadata", {})
        try:
            answer = await method(request, metadata=metadata)
        except GRPCError as error:
            say(number=number, code=error.status.name, answer="")
        except (OSError, StreamTerminatedError, ssl.SSLError) as error:
            say(number=number, code=type(error).__name__, answer="")
        else:
            say(number=number, code="OK", answer=answer.hex())

    def close(self) -> None:
        """End the connection."""
        self._channel.close()


class Server:
    """Is called: a line has ``answers`` for the next calls; further ones get an empty answer.

    An answer is the bytes of a message, the name of a code, or ``never``. It says of each call the
    ``method``, the ``tag``, and ``size`` and SHA-256 of what came with it.
    """

    def __init__(self) -> None:
        self._answers: deque[str] = deque()

    def __mapping__(self) -> dict[str, Handler]:
        return {
            SERVICE + method: Handler(
                partial(self._called, method), Cardinality.UNARY_UNARY, bytes, bytes
            )
            for method in ("SendValue", "HealthCheck")
        }

    def told(self, number: int, line: dict[str, Any]) -> None:
        """Remember what to answer."""
        self._answers.extend(line["answers"])
        say(told=number)

    async def _called(self, method: str, stream: Any) -> None:
        came = dict(fields(await stream.recv_message()))
        value = came.get(2, b"")
        digest = hashlib.sha256(value).hexdigest()
        say(method=method, tag=came.get(1, b"").hex(), size=len(value), digest=digest)
        answer = self._answers.popleft() if method == "SendValue" and self._answers else ""
        if answer == "never":
            await asyncio.Event().wait()
        if answer in Status.__members__:
            raise GRPCError(Status[answer])
        await stream.send_message(bytes.fromhex(answer))


async def run(role: str, port: int, tls: dict[str, str] | None) -> None:
    """Do as the lines of the input say, until it ends."""
    loop = asyncio.get_running_loop()
    party: Client | Server = Client(port, tls) if role == "client" else Server()
    if isinstance(party, Server):
        settings = Configuration(
            http2_connection_window_size=WINDOW, http2_stream_window_size=WINDOW
        )
        listener = Listener([party], codec=Raw(), config=settings)
        await listener.start(HOST, port, ssl=context(tls, server=True))
    say(ready=True)
    number = 0
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        party.told(number, json.loads(line))
        number += 1
    if isinstance(party, Client):
        party.close()
    else:
        listener.close()


if __name__ == "__main__":
    asyncio.run(run(**json.loads(sys.argv[1])))
