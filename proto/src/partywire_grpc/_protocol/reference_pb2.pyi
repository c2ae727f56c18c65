from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTIVE: _ClassVar[Status]
    INACTIVE: _ClassVar[Status]
    COMPLETED: _ClassVar[Status]
ACTIVE: Status
INACTIVE: Status
COMPLETED: Status

class SendValueRequest(_message.Message):
    __slots__ = ("tag", "value")
    TAG_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    tag: bytes
    value: bytes
    def __init__(self, tag: _Optional[bytes] = ..., value: _Optional[bytes] = ...) -> None: ...

class SendValueResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: Status
    def __init__(self, status: _Optional[_Union[Status, str]] = ...) -> None: ...

class HealthCheckRequest(_message.Message):
    __slots__ = ("tag", "payload")
    TAG_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    tag: bytes
    payload: bytes
    def __init__(self, tag: _Optional[bytes] = ..., payload: _Optional[bytes] = ...) -> None: ...

class HealthCheckResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
