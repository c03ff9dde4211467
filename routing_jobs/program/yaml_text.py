"""Reads one YAML file of the configuration: what it says is what one gets, or an error with its line.

YAML 1.2 scalars only (`NO` is Norway, not false; `0049` and `12:30` and `2026-01-31` stay text), keys always
text, no duplicate keys, no aliases, no tags. What the values mean is the models' work.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 1_000_000
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every scalar as text; the C one is ten times faster
Place = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.?[0-9]+([eE][-+]?[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass
class Document:
    """The content of one file, the line each part of it stands on, and what is wrong with it as YAML."""

    name: str  # as errors call the file
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_yaml(path: Path, name: str) -> Document:
    """The document at `path`; problems are in it, nothing is raised for what a person wrote."""
    document = Document(name)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except FileNotFoundError:
        document.problems.append(
            f"{name}: the file is missing. `leadroute init DIR` writes a commented starter to copy from"
        )
        return document
    except (OSError, UnicodeDecodeError) as error:
        document.problems.append(f"{name}: cannot be read as UTF-8 text ({error.__class__.__name__}: {error})")
        return document
    if len(raw) > MAX_BYTES:
        document.problems.append(f"{name}: {len(raw)} bytes; expected at most {MAX_BYTES}")
        return document
    try:
        _fill(document, yaml.compose(text, LOADER))
    except yaml.YAMLError as error:
        document.problems.append(_syntax_problem(name, error))
    except RecursionError:
        document.problems.append(f"{name}: nested too deeply to be a configuration")
    return document


def _fill(document: Document, root: yaml.Node | None) -> None:
    if root is None:
        document.problems.append(f"{document.name}: the file is empty; expected keys and values")
    elif not isinstance(root, yaml.MappingNode):
        document.problems.append(f"{document.name}: expected keys and values (`name: ...`) at the top")
    else:
        document.data = _value(document, root, (), set())


def _value(document: Document, node: yaml.Node, place: Place, seen: set[int]) -> Any:
    line = document.lines[place] = node.start_mark.line + 1
    if id(node) in seen:
        document.problems.append(f"{document.name}: line {line}: aliases (*name) are not read; write the value out")
        return None
    seen.add(id(node))
    kind = {yaml.MappingNode: "map", yaml.SequenceNode: "seq", yaml.ScalarNode: "str"}[type(node)]
    if node.tag not in (f"tag:yaml.org,2002:{kind}", "!"):
        document.problems.append(
            f"{document.name}: line {line}: tags such as {node.tag} are not read; write the plain value"
        )
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, node, place, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, entry, (*place, index), seen) for index, entry in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return node.value if node.style else _plain(node.value)


def _mapping(document: Document, node: yaml.MappingNode, place: Place, seen: set[int]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(f"{document.name}: line {line}: a key must be text, not a list or a mapping")
            continue
        key = key_node.value
        where = (*place, key)
        if key in mapping:
            document.problems.append(
                f"{document.name}: {dotted(where)} (line {line}): the key stands twice, first on line "
                f"{document.lines[where]}; keep one"
            )
            continue
        mapping[key] = _value(document, value_node, where, seen)
        document.lines[where] = line
    return mapping


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 20 else text
    if _NUMBER.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        return float(text)
    return text


def dotted(place: Place) -> str:
    """The place inside a file as a person writes it: `fit[2].when.column`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".")


def _syntax_problem(name: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{name}: {where}not readable as YAML: {what}"
