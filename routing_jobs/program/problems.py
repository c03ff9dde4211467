"""Turns what pydantic found into sentences: file, place, line, value, what is expected, nearest known key."""

import difflib
import json
import types
import typing
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from routing_jobs.program.vocabulary import KEYS_LATER
from routing_jobs.program.yaml_text import Document, Place, dotted

# pydantic's error type -> what was expected, with its context filled in.
_EXPECTED = {
    "string_type": "text; put it in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "date_type": "a date such as 2026-01-31",
    "date_from_datetime_parsing": "a date such as 2026-01-31",
    "date_parsing": "a date such as 2026-01-31",
    "literal_error": "{expected}",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "too_short": "at least {min_length} entry(s)",
    "string_too_short": "at least {min_length} character(s)",
}
SHOWN = 60  # characters of a value that an error repeats


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint `; did you mean x?` when a known name is close to `name`, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


def problem(document: Document, place: Place, sentence: str) -> str:
    """`file: place (line n): sentence`."""
    line = document.lines.get(place)
    where = f": {dotted(place)}" if place else ""
    return f"{document.name}{where}{f' (line {line})' if line and place else ''}: {sentence}"


def shown(value: Any) -> str:
    """A value as the file has it, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def describe(document: Document, model: type[BaseModel], error: ValidationError) -> list[str]:
    """One sentence for each thing wrong in the document, in the order of its lines."""
    found: dict[Place, str] = {}
    for detail in error.errors(include_url=False):
        place = _place_in(document, detail["loc"])
        found.setdefault(place, problem(document, place, _sentence(document, model, place, detail)))
    return [found[place] for place in sorted(found, key=lambda place: document.lines.get(place, 0))]


def _sentence(document: Document, model: type[BaseModel], place: Place, detail: Any) -> str:
    if detail["type"] == "missing":
        return "missing; expected a value here"
    if detail["type"] == "extra_forbidden":
        key = str(place[-1])
        if key in KEYS_LATER:
            return f"not available: {KEYS_LATER[key]}; remove the key"
        known = _keys_at(model, place[:-1])
        listed = f"; known here: {', '.join(known)}" if known else ""
        return f"unknown key{nearest(key, known) or listed}"
    if detail["type"] == "expected":
        what = detail["ctx"]["what"]
    else:
        what = _EXPECTED.get(detail["type"], detail["msg"]).format_map(detail.get("ctx", {}))
    if isinstance(detail["input"], dict | list):
        return f"expected {what}"
    return f"value {shown(detail['input'])}: expected {what}"


def _place_in(document: Document, location: tuple[str | int, ...]) -> Place:
    """`location` without what pydantic adds (branches of a union, "[key]"), so that it exists in the file."""
    place: Place = ()
    for position, part in enumerate(location):
        is_last = position == len(location) - 1
        if (*place, part) in document.lines or (is_last and part != "[key]" and _holds_keys(document, place)):
            place = (*place, part)
    return place


def _holds_keys(document: Document, place: Place) -> bool:
    value: Any = document.data
    for part in place:
        value = value[part]
    return isinstance(value, dict)


def _keys_at(annotation: Any, place: Place) -> list[str]:
    """The keys a model knows at `place`; [] where any key is allowed."""
    models = _models_in(annotation)
    if place and not (models and isinstance(place[0], str)):
        inner = [entry for entry in typing.get_args(_bare(annotation)) if entry is not Ellipsis]
        return _keys_at(inner[-1], place[1:]) if inner else []
    for model in models:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if not place:
            return list(fields)
        if place[0] in fields:
            return _keys_at(fields[str(place[0])].annotation, place[1:])
    return []


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated and without `| None`."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if isinstance(annotation, types.UnionType):
        kept = [entry for entry in typing.get_args(annotation) if entry is not type(None)]
        return _bare(kept[0]) if kept else annotation
    return annotation


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    bare = _bare(annotation)
    return [bare] if isinstance(bare, type) and issubclass(bare, BaseModel) else []
