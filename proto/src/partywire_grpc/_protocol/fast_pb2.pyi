from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Frame(_message.Message):
    __slots__ = ("hello", "welcome", "batch", "receipt", "beat", "successor", "succession")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    BEAT_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_FIELD_NUMBER: _ClassVar[int]
    SUCCESSION_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    welcome: Welcome
    batch: bytes
    receipt: bytes
    beat: Beat
    successor: Successor
    succession: Succession
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., welcome: _Optional[_Union[Welcome, _Mapping]] = ..., batch: _Optional[bytes] = ..., receipt: _Optional[bytes] = ..., beat: _Optional[_Union[Beat, _Mapping]] = ..., successor: _Optional[_Union[Successor, _Mapping]] = ..., succession: _Optional[_Union[Succession, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("version", "kind", "incarnation", "started", "features", "roster", "clock", "nonce", "echo", "slot", "pace")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    ROSTER_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    ECHO_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    PACE_FIELD_NUMBER: _ClassVar[int]
    version: int
    kind: str
    incarnation: bytes
    started: float
    features: _containers.RepeatedScalarFieldContainer[str]
    roster: bytes
    clock: float
    nonce: bytes
    echo: bytes
    slot: bytes
    pace: int
    def __init__(self, version: _Optional[int] = ..., kind: _Optional[str] = ..., incarnation: _Optional[bytes] = ..., started: _Optional[float] = ..., features: _Optional[_Iterable[str]] = ..., roster: _Optional[bytes] = ..., clock: _Optional[float] = ..., nonce: _Optional[bytes] = ..., echo: _Optional[bytes] = ..., slot: _Optional[bytes] = ..., pace: _Optional[int] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("roster_agrees", "way_back", "proof")
    ROSTER_AGREES_FIELD_NUMBER: _ClassVar[int]
    WAY_BACK_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    roster_agrees: bool
    way_back: WayBack
    proof: bytes
    def __init__(self, roster_agrees: bool = ..., way_back: _Optional[_Union[WayBack, _Mapping]] = ..., proof: _Optional[bytes] = ...) -> None: ...

class WayBack(_message.Message):
    __slots__ = ("way", "seconds")
    WAY_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    way: int
    seconds: float
    def __init__(self, way: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class Beat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Successor(_message.Message):
    __slots__ = ("certificate",)
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    certificate: bytes
    def __init__(self, certificate: _Optional[bytes] = ...) -> None: ...

class Succession(_message.Message):
    __slots__ = ("admitted",)
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    admitted: bool
    def __init__(self, admitted: bool = ...) -> None: ...
