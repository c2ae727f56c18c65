"""Every error that partywire raises, in one tree; the words behind a name say who has to act.

    PartywireError
    ├── ConfigError                     operator: mend the file or the installation
    │   ├── ConfigInvalid               every mistake of one config, with its keys
    │   ├── PluginUnknown               nothing installed has that name
    │   ├── PluginNameClaimedTwice      two distributions claim one name
    │   └── PluginBroken                a plugin does not keep to its hooks
    ├── UsageError                      caller: a bug in the program; nothing was sent or lost
    │   ├── NodeClosed                  the node is not open any more
    │   ├── SessionClosed               the session was left
    │   ├── SessionIdInvalid            not an id, or not text and attempt
    │   ├── SessionIdReused             an id is used once
    │   ├── OptionInvalid               an option of a session has no such value
    │   ├── NotInRoster                 the config has no such party
    │   ├── NotInSession                the session has no such peer
    │   ├── LabelsNotCarried            a labelled session, and a peer on the reference wire
    │   ├── LabelsNotEnabled            labels need ``labels=True``
    │   ├── LabelInvalid                not a number of 64 bits
    │   ├── RoundUsed                   one message per round, peer and direction
    │   ├── RoundReceived               the message of that round was received already
    │   ├── ReceiveConflict             two receives wait for one slot
    │   ├── PayloadInvalid              not bytes-like
    │   ├── PayloadTooLarge             over ``limits.largest_message``
    │   ├── OutboxFull                  ``send_nowait`` found no room
    │   ├── DeliveredByCallback         ``on_delivery`` was called: there is nothing to receive
    │   └── DeliveryCallbackFailed      the program's own callback raised
    ├── PeerError                       one (session, peer) pair failed; the others go on
    │   ├── PeerLeft                    the peer left the session in good order
    │   ├── PeerRefused                 the peer refuses our messages for good
    │   ├── PeerAborted                 the peer left by an error; it may say why
    │   ├── PeerUnreachable             given up after ``limits.give_up``
    │   ├── PeerRestarted               the peer's node lives a new life
    │   ├── PeerDuplicated              operator: two nodes run as the peer
    │   ├── PeerRemoved                 operator: a changed config has no such party any more
    │   ├── PeerStalled                 connected, but takes nothing, or stopped midway
    │   ├── TermsDiffer                 the two ends opened the session differently
    │   ├── NotAMember                  the peer's session of that id is without us
    │   └── ProtocolViolation           the peer broke a rule of the delivery contract
    ├── WaitError                       a wait ended without what it waited for; the session goes on
    │   ├── RoundTimeout                the deadline of a round passed
    │   ├── MailboxOverflow             full of labels nobody reads; the awaited one cannot come in
    │   ├── TooFewAnswers               fewer than ``at_least`` answered
    │   ├── NotReady                    ``ready`` ran out of time
    │   ├── FlushTimeout                ``flush`` ran out of time
    │   ├── Undelivered                 what was left when lingering or the node ended
    │   └── Deadlock                    a simulation in which everybody waits for somebody
    ├── IdentityError                   operator: one of the two ends shows the wrong thing
    │   ├── EvidenceInvalid             malformed, out of date, or not signed by whom it should be
    │   └── IdentityMismatch            good evidence of somebody else
    ├── TransportError                  one connection failed
    │   ├── Unreachable                 nobody: the core tries again
    │   ├── Rejected                    operator: not worth a retry as it is
    │   └── DuplicateParty              operator: two nodes run under one id
    └── Malformed                       bytes from outside that do not parse

Facts are attributes. The sentence is made from them, in lower case, and never holds a payload. An
exception outside this tree is a bug of ours.
"""

from partywire.errors.base import Malformed, PartywireError, outside_text, session_text, slot_text
from partywire.errors.config import (
    ConfigError,
    ConfigInvalid,
    Mistake,
    PluginBroken,
    PluginNameClaimedTwice,
    PluginUnknown,
)
from partywire.errors.links import (
    DuplicateParty,
    EvidenceInvalid,
    IdentityError,
    IdentityMismatch,
    Rejected,
    TransportError,
    Unreachable,
)
from partywire.errors.peers import (
    NotAMember,
    PeerAborted,
    PeerDuplicated,
    PeerError,
    PeerLeft,
    PeerRefused,
    PeerRemoved,
    PeerRestarted,
    PeerStalled,
    PeerUnreachable,
    ProtocolViolation,
    TermsDiffer,
)
from partywire.errors.usage import (
    DeliveredByCallback,
    DeliveryCallbackFailed,
    LabelInvalid,
    LabelsNotCarried,
    LabelsNotEnabled,
    NodeClosed,
    NotInRoster,
    NotInSession,
    OptionInvalid,
    OutboxFull,
    PayloadInvalid,
    PayloadTooLarge,
    ReceiveConflict,
    RoundReceived,
    RoundUsed,
    SessionClosed,
    SessionIdInvalid,
    SessionIdReused,
    UsageError,
)
from partywire.errors.waits import (
    Deadlock,
    FlushTimeout,
    MailboxOverflow,
    NotReady,
    RoundTimeout,
    TooFewAnswers,
    Undelivered,
    WaitError,
)

__all__ = [
    "ConfigError",
    "ConfigInvalid",
    "Deadlock",
    "DeliveredByCallback",
    "DeliveryCallbackFailed",
    "DuplicateParty",
    "EvidenceInvalid",
    "FlushTimeout",
    "IdentityError",
    "IdentityMismatch",
    "LabelInvalid",
    "LabelsNotCarried",
    "LabelsNotEnabled",
    "MailboxOverflow",
    "Malformed",
    "Mistake",
    "NodeClosed",
    "NotAMember",
    "NotInRoster",
    "NotInSession",
    "NotReady",
    "OptionInvalid",
    "OutboxFull",
    "PartywireError",
    "PayloadInvalid",
    "PayloadTooLarge",
    "PeerAborted",
    "PeerDuplicated",
    "PeerError",
    "PeerLeft",
    "PeerRefused",
    "PeerRemoved",
    "PeerRestarted",
    "PeerStalled",
    "PeerUnreachable",
    "PluginBroken",
    "PluginNameClaimedTwice",
    "PluginUnknown",
    "ProtocolViolation",
    "ReceiveConflict",
    "Rejected",
    "RoundReceived",
    "RoundTimeout",
    "RoundUsed",
    "SessionClosed",
    "SessionIdInvalid",
    "SessionIdReused",
    "TermsDiffer",
    "TooFewAnswers",
    "TransportError",
    "Undelivered",
    "Unreachable",
    "UsageError",
    "WaitError",
    "outside_text",
    "session_text",
    "slot_text",
]
