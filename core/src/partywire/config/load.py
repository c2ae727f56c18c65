"""From a TOML file, or from a mapping like one, to a `NodeConfig`."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar

from partywire.config.model import NodeConfig
from partywire.config.peers import of_peer
from partywire.config.reader import BRACKETS, Reader
from partywire.config.tables import Tables
from partywire.errors import ConfigInvalid, Mistake, outside_text
from partywire.plugins import Plugins
from partywire.setting import Setting

T = TypeVar("T")

_FILE: Final = "file"
_TWICE: Final = re.compile(r"Cannot declare \('(peer|verifier)',\) twice")
_PLACE: Final = re.compile(r"(.*) \(at (.*)\)", re.DOTALL)


def load_config(
    source: str | Path | Mapping[str, object], plugins: Plugins, *, elsewhere: bool = False
) -> NodeConfig:
    """Read a config, with all that it names imported and checked.

    Reads the file and imports plugins, so it blocks; opens nothing.

    Args:
        source: the path of a TOML file, or a mapping like one.
        plugins: where the plugins are looked up.
        elsewhere: whether it is read where the attester's own files are not, as by a peer that has
            a copy of it: these are not checked.

    Raises:
        ConfigInvalid: with every mistake there is; nothing of the config is of use.
        PluginNameClaimedTwice: the installation is at fault.
        PluginBroken: a plugin is at fault.
    """
    tables = _tables(source, plugins)
    return _sound(tables, tables.config(elsewhere=elsewhere))


def load_attester(source: str | Path | Mapping[str, object], plugins: Plugins) -> Setting:
    """Read what the attester of a config is opened with, and check it.

    ``[party]``, ``[attester]`` and ``[limits]`` are read, and no other table. So it can be done
    before anything of the peers is there. Nothing is measured: ``trusted`` is empty.

    Raises:
        ConfigInvalid: with every mistake of these tables; there may be no attester.
        PluginNameClaimedTwice: the installation is at fault.
        PluginBroken: a plugin is at fault.
    """
    tables = _tables(source, plugins)
    return _sound(tables, tables.attester())


def _tables(source: str | Path | Mapping[str, object], plugins: Plugins) -> Tables:
    if isinstance(source, Mapping):
        return Tables("config", source, Reader(Path.cwd()), plugins)
    reader = Reader(Path(source).absolute().parent)
    return Tables(str(source), _parsed(source), reader, plugins)


def _sound(tables: Tables, read: T | None) -> T:
    """Return what was read, or raise what is wrong with it."""
    if read is not None:
        return read
    told, peers = dict.fromkeys(tables.reader.mistakes), tables.content.get("peer")
    raise ConfigInvalid(tables.source, tuple(of_peer(each, peers) for each in told))


def _hint(problem: str) -> str:
    """Return what to do about a problem that everybody has once."""
    if problem == "Invalid value":
        return "; text is written in quotes"
    twice = _TWICE.fullmatch(problem)
    return f"; {BRACKETS.format(twice[1])}" if twice else ""


def _parsed(source: str | Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(Path(source).read_bytes().decode())
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.fullmatch(str(error))
        problem, place = found.groups() if found else (str(error), _FILE)
        mistake = Mistake(place, f"not TOML: {outside_text(problem, 256)}{_hint(problem)}")
    except UnicodeDecodeError as error:
        mistake = Mistake(f"byte {error.start}", "not TOML: no UTF-8 text")
    except RecursionError:
        mistake = Mistake(_FILE, "not readable: nested too deep")
    except ValueError as error:
        mistake = Mistake(_FILE, f"not readable: {outside_text(str(error), 256)}")
    except OSError as error:
        mistake = Mistake(_FILE, f"not readable: {error.strerror}")
    raise ConfigInvalid(str(source), (mistake,))
