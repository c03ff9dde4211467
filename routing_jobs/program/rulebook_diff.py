"""What differs between two rulebooks, in words people use. Pure: two sets of validated models in, sentences out.

Every value that differs is covered by exactly one difference; comments, order of keys and spelled-out defaults are no
differences. Where the rulebooks come from (folders, batches, the one in force) is the caller's business.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from routing_jobs.program.model import Model
from routing_jobs.program.rulebook import RULEBOOK_FILES

Path = tuple[str, ...]
Object = Mapping[str, Any]

_NAMED_BY = ("name", "reason")  # what an entry of a list is known by, where entries are objects
_RULE_WORDS = {"require": "required", "prefer": "preferred", "tiebreak": "breaks ties"}
_PARAMETER_WORDS = {
    "weight": "with weight {}",
    "order": "as number {}",
    "at_least": "from tier {}",
    "max_hours": "within {} hours",
    "max_km": "within {} km",
    "valid_from": "from {}",
    "valid_to": "until {}",
}


@dataclass(frozen=True)
class Difference:
    """One thing two rulebooks say differently.

    Attributes:
        file: Rulebook file without its ending: routing, scoring, sla, attribution.
        path: Where in the file, dotted; an entry of a list by its name.
        before: The value in the first rulebook; None where it has none.
        after: The same of the second.
        words: The difference as a sentence without full stop.
    """

    file: str
    path: str
    before: Any
    after: Any
    words: str

    def as_dict(self) -> dict[str, Any]:
        """The difference as --json shows it."""
        return asdict(self)


def diff_rulebooks(before: Mapping[str, Model], after: Mapping[str, Model]) -> list[Difference]:
    """All differences, by file in the rulebook's order, then in the order of the model's keys."""
    found = []
    for file in RULEBOOK_FILES:
        bodies = (rules[file].model_dump(mode="json") for rules in (before, after))
        found += [Difference(file, ".".join(path), old, new, words) for path, old, new, words in _objects((), *bodies)]
    return found


_Found = tuple[Path, Any, Any, str]


def _objects(path: Path, before: Object, after: Object) -> Iterator[_Found]:
    for key in [*before, *(key for key in after if key not in before)]:
        yield from _values((*path, key), before.get(key), after.get(key))


def _values(path: Path, before: Any, after: Any) -> Iterator[_Found]:
    if before == after:
        return
    if path[0] == "criteria" and len(path) == 2:
        yield path, before, after, f"{_spaced(path[1])}: {_criterion(before)} -> {_criterion(after)}"
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _objects(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(path, before, after)
    else:
        yield path, before, after, _leaf(path, before, after)


def _leaf(path: Path, before: Any, after: Any) -> str:
    if isinstance(before, Mapping) or (before is None and isinstance(after, Mapping)):
        old, new = _phrase(before), _phrase(after)
        return f"{_label(path)}: {old} -> {new}"
    return f"{_label(path)} {_phrase(before)} -> {_phrase(after)}"


def _lists(path: Path, before: list[Any], after: list[Any]) -> Iterator[_Found]:
    for known_by in _NAMED_BY:
        if _is_named(known_by, before) and _is_named(known_by, after):
            yield from _entries(path, known_by, before, after)
            return
    if any(isinstance(entry, Mapping) for entry in (*before, *after)):
        yield path, before, after, f"{_label(path)}: {_phrase(before)} -> {_phrase(after)}"
    else:
        yield path, before, after, _list_words(path, before, after)


def _is_named(known_by: str, entries: list[Any]) -> bool:
    names = [entry.get(known_by) if isinstance(entry, Mapping) else None for entry in entries]
    return None not in names and len(set(names)) == len(names)


def _entries(path: Path, known_by: str, before: list[Object], after: list[Object]) -> Iterator[_Found]:
    """Entries known by a name: each that is new, gone or changed, and their order if that changed."""
    old = {entry[known_by]: entry for entry in before}
    new = {entry[known_by]: entry for entry in after}
    kind = f"{_label(path)} rule"
    for name in [*old, *(name for name in new if name not in old)]:
        place = (*path, name)
        if name not in new:
            yield place, old[name], None, f"{kind} {name} is gone ({_phrase(_rest(old[name], known_by))})"
        elif name not in old:
            yield place, None, new[name], f"new {kind} {name}: {_phrase(_rest(new[name], known_by))}"
        else:
            yield from _objects(place, old[name], new[name])
    kept_before, kept_after = [name for name in old if name in new], [name for name in new if name in old]
    if kept_before != kept_after:
        words = f"order of {_label(path)} rules: {', '.join(kept_before)} -> {', '.join(kept_after)}"
        yield path, kept_before, kept_after, words


def _rest(entry: Object, known_by: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != known_by}


def _list_words(path: Path, before: Sequence[Any], after: Sequence[Any]) -> str:
    """What came in (and after what), what went out, and the order where only that differs."""
    label = _label(path)
    said = []
    for place, entry in enumerate(after):
        if entry not in before:
            where = f"after {_phrase(after[place - 1])}" if place else "first" if before else "the only one"
            said.append(f"new {label}: {_phrase(entry)} {where}")
    gone = [_phrase(entry) for entry in before if entry not in after]
    if gone:
        said.append(f"no longer {label}: {', '.join(gone)}")
    kept_before, kept_after = [one for one in before if one in after], [one for one in after if one in before]
    if kept_before != kept_after:
        said.append(f"order of {label}: {_phrase(before)} -> {_phrase(after)}")
    return "; ".join(said)


def _criterion(criterion: Object | None) -> str:
    if criterion is None:
        return "no say"
    said = [_RULE_WORDS[criterion["rule"]]]
    for key, value in criterion.items():
        if key != "rule" and value is not None:
            said.append(_PARAMETER_WORDS.get(key, f"{_spaced(key)} {{}}").format(_phrase(value)))
    return " ".join(said)


def _label(path: Path) -> str:
    """The key as people say it, after the part of the file it stands in; limits are known without saying so."""
    parts = [_spaced(part) for part in path if part != "limits"] or [_spaced(path[-1])]
    return ": ".join(parts)


def _spaced(key: str) -> str:
    return key.replace("_", " ")


def _phrase(value: Any) -> str:
    """A value in words that differ for values that differ."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if value.strip() == value and value else json.dumps(value)
    if isinstance(value, list):
        return ", ".join(_phrase(entry) for entry in value) or "none"
    if isinstance(value, Mapping):
        given = [f"{_spaced(str(key))} {_phrase(entry)}" for key, entry in value.items() if entry is not None]
        return ", ".join(given) or "nothing"
    return str(int(value)) if value == int(value) else repr(value)
