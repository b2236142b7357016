"""Configuration files of DeepStream's plug-ins as plain dictionaries of text.

Two spellings of the same thing: the key files of GLib (every suffix but two) and YAML (``.yml``,
``.yaml``). What a value means is the business of its reader; here everything is text.
"""

from __future__ import annotations

import logging
import re
import reprlib
from pathlib import Path
from typing import Any

from pythia.exceptions import ConfigError, MissingDependencyError
from pythia.vision.missing_file import present

Groups = dict[str, dict[str, str]]

_log = logging.getLogger("pythia.vision.config")
_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_BOOLEANS = {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}


def read_groups(path: str | Path, *, quote: bool = True, loose_keys: bool = False) -> Groups:
    r"""Every group of a configuration file with its keys and values as text.

    Key files follow GLib's GKeyFile: ``#`` starts a comment line (and only there), a group may be
    opened again, of two equal keys the later one wins, and ``\s \n \t \r \\`` are escapes
    (``\;`` stays, for whoever splits a list). YAML is a map of maps; true and false become 1 and
    0, a sequence becomes a list with ``;``, and the ``%YAML:1.0`` of OpenCV's writer is accepted.
    With ``loose_keys`` keys outside of a group are ignored with a warning, as nvinfer's own reader
    ignores them; configurations of NVIDIA's have some. Errors show what they found only with
    ``quote``: a file may hold passwords.

    Raises:
        ConfigError: the file cannot be read or parsed; the message has file and line.
        MissingDependencyError: a YAML file, and PyYAML is not installed.
    """
    path = present(Path(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"configuration file {path} cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"configuration file {path} is not UTF-8 text: {error}") from error
    if path.suffix.lower() in (".yml", ".yaml"):
        return _yaml_groups(path, text, loose_keys)
    return _key_file_groups(path, text, quote)


def split_list(value: str) -> list[str]:
    r"""The items of a ``;`` list, trimmed; a ``;`` at the end is fine, ``\;`` is a plain one."""
    items = [item.replace(r"\;", ";").strip() for item in re.split(r"(?<!\\);", value)]
    if items and not items[-1]:
        items.pop()
    return items


def _key_file_groups(path: Path, text: str, quote: bool) -> Groups:
    groups: Groups = {}
    group: dict[str, str] | None = None
    for number, raw_line in enumerate(text.splitlines(), 1):
        line = raw_line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            group = groups.setdefault(_group_name(path, number, line), {})
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip():
            found = reprlib.repr(line) if quote else "this"
            raise _error(path, number, f"{found} is not a group, a key=value pair or a comment")
        if group is None:
            raise _error(path, number, f"key {key.strip()!r} stands before the first [group]")
        group[key.strip()] = _unescaped(path, number, value.strip(), quote)
    return groups


def _group_name(path: Path, number: int, line: str) -> str:
    name = line[1:-1]
    if not line.endswith("]") or not name or "[" in name or "]" in name:
        raise _error(path, number, f"{line!r} is not a group name; expected [name]")
    return name


def _unescaped(path: Path, number: int, value: str, quote: bool) -> str:
    if "\\" not in value:
        return value

    def character(match: re.Match[str]) -> str:
        letter = match.group(1)
        if letter == ";":
            return r"\;"
        if letter not in _ESCAPES:
            found = repr(value) if quote else "the value"
            raise _error(
                path,
                number,
                f"{found} has the unknown escape \\{letter}; known: \\s \\n \\t \\r \\\\ \\;",
            )
        return _ESCAPES[letter]

    return re.sub(r"\\(.?)", character, value)


def _yaml_groups(path: Path, text: str, loose_keys: bool) -> Groups:
    try:
        import yaml
    except ImportError as error:
        raise MissingDependencyError(
            f"{path} is YAML and PyYAML is not installed: pip install 'pythiags[portable]'"
        ) from error
    # OpenCV writes "%YAML:1.0", which is no directive of YAML; an empty line keeps the numbers.
    text = re.sub(r"^%YAML:.*", "", text, count=1, flags=re.MULTILINE)  # below a licence, too
    try:
        document = yaml.load(text, Loader=yaml.BaseLoader)  # text only: nothing is constructed
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise _error(path, mark.line + 1 if mark else 1, f"not YAML: {problem}") from error
    if not isinstance(document, dict):
        raise _error(path, 1, "a map of groups is expected at the top")
    if wrong := next((name for name, keys in document.items() if not _is_group(keys)), None):
        if not loose_keys:
            raise ConfigError(
                f"{path}: group {wrong!r} has to be a map of keys, found {document[wrong]!r}"
            )
        _warn_of_loose_keys(path, yaml.compose(text, Loader=yaml.BaseLoader))
    groups = {str(name): keys or {} for name, keys in document.items() if _is_group(keys)}
    return {name: _yaml_group(path, name, keys) for name, keys in groups.items()}


def _is_group(found: Any) -> bool:
    return isinstance(found, dict) or found == ""


def _warn_of_loose_keys(path: Path, top: Any) -> None:
    """Name the keys of the top level, a node of PyYAML's, that are no groups."""
    kinds = [(key, value.id == "mapping" or value.value == "") for key, value in top.value]
    loose = [(key.value, key.start_mark.line + 1) for key, is_group in kinds if not is_group]
    _log.warning(
        "%s:%d: keys outside of any group are ignored, as DeepStream ignores them: %s; to belong "
        "to a group they have to be indented below its name",
        path,
        loose[0][1],
        ", ".join(f"{key} (line {line})" for key, line in loose),
    )


def _yaml_group(path: Path, name: str, keys: dict[str, Any]) -> dict[str, str]:
    return {str(key): _yaml_value(path, f"{name}.{key}", value) for key, value in keys.items()}


def _yaml_value(path: Path, name: str, value: Any) -> str:
    if isinstance(value, list):
        return ";".join(_yaml_value(path, name, item) for item in value)
    if isinstance(value, dict):
        raise ConfigError(f"{path}: {name} has to be a value or a list, found a map")
    text = str(value).strip()
    return _BOOLEANS.get(text.lower(), text)


def _error(path: Path, line: int, problem: str) -> ConfigError:
    return ConfigError(f"{path}:{line}: {problem}")
