"""The house, as tables. Change a table here when the design changes; the tests only read them."""

# The layers of `partywire`, lowest first. A module may import its own layer and those below it.
# A name is a module or a package directly under `partywire`; a package counts as one.
LAYERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("errors", frozenset({"errors"})),
    ("the room without I/O", frozenset({"delivery"})),
    ("interfaces", frozenset({"identity", "inbox", "interfaces", "probing", "setting"})),
    ("hookspecs", frozenset({"hookspecs"})),
    ("plugins", frozenset({"entries", "plugins", "config", "judge"})),
    ("session", frozenset({"session"})),
    ("node", frozenset({"node"})),
    ("the package itself", frozenset({"__init__"})),
    ("the conformance kit", frozenset({"testing"})),
)

# What modules of the room without I/O may import besides `partywire.errors` and each other:
# things that compute. No clock, no loop, no logging, no randomness.
ROOM = "delivery"
ROOM_MAY_IMPORT = frozenset(
    {
        "__future__", "abc", "array", "attrs", "bisect", "collections", "dataclasses", "enum",
        "functools", "hashlib", "heapq", "hmac", "io.BytesIO", "itertools", "math", "operator",
        "re", "string", "struct", "types", "typing", "unicodedata",
    }
)  # fmt: skip

# A third-party library, and the only paths (prefixes) that may import it.
CONFINED: dict[str, tuple[str, ...]] = {
    "pluggy": ("core/src/partywire/hookspecs.py", "core/src/partywire/plugins.py"),
    "cattrs": ("core/src/partywire/config/",),
    "grpc": ("proto/src/", "plugins/grpc_"),
    "google": ("proto/src/",),
    "cbor2": ("plugins/nitro_attest/src/",),
    "asyncio": (
        "proto/src/",
        "plugins/grpc_",
        "plugins/inmemory/src/partywire_inmemory/simulation/clock.py",
    ),
    "trio": ("plugins/inmemory/src/partywire_inmemory/simulation/clock.py",),
}

# A module of ours that nothing in production may depend on, and the only paths (prefixes) that may
# import it.
UNTRUE: dict[str, tuple[str, ...]] = {
    "partywire_nitro_attest.development": (
        "plugins/nitro_attest/src/partywire_nitro_attest/development/",
        "plugins/nitro_attest/src/partywire_nitro_attest/attester/development_",
        "plugins/nitro_attest/src/partywire_nitro_attest/commands/",
        "cli/src/partywire_cli/demo/",
    ),
}

# A class, and the only module of all distributions that constructs it.
MADE_ONLY_IN: dict[str, str] = {
    "Identity": "core/src/partywire/judge.py",
    "ClaimedIdentity": "core/src/partywire/judge.py",
    "JudgedDocument": "plugins/nitro_attest/src/partywire_nitro_attest/judging.py",
}

# The most lines a file may have.
MOST_LINES = 300
MOST_LINES_OF: dict[str, int] = {"core/src/partywire/interfaces.py": 149}
