"""Loads a whole program from its workspace and reports everything that is wrong with it at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from routing_jobs.program.agreement import missing_companions, rulebook_disagreements, unknown_columns
from routing_jobs.program.config import ProgramConfig
from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.model import Model
from routing_jobs.program.problems import describe
from routing_jobs.program.rulebook import (
    RULEBOOK_FILES,
    AttributionRules,
    RoutingRules,
    ScoringRules,
    SlaRules,
    rulebook_hash,
)
from routing_jobs.program.source import Source
from routing_jobs.program.workspace import Workspace
from routing_jobs.program.yaml_text import Document, read_yaml

AnyModel = TypeVar("AnyModel", bound=Model)


@dataclass(frozen=True)
class Program:
    """A validated program: program.yaml, the four rulebook files, the contract of each feed."""

    config: ProgramConfig
    routing: RoutingRules
    scoring: ScoringRules
    sla: SlaRules
    attribution: AttributionRules
    sources: dict[str, Source]
    rulebook_sha256: str
    rulebook_version: str

    @property
    def rules(self) -> dict[str, Model]:
        """Rulebook file -> model, in the order of RULEBOOK_FILES."""
        return {name: getattr(self, name) for name in RULEBOOK_FILES}


def load_program(workspace: Workspace) -> Program:
    """The program in `workspace`; ConfigurationError with every problem of every file."""
    problems: list[str] = []
    config = _load(read_yaml(workspace.program_file, "program.yaml"), ProgramConfig, problems)
    rules = load_rulebook(workspace.rulebook, problems)
    sources = _load_sources(workspace, config.timezone if config else "UTC", problems)
    if problems or config is None:
        raise ConfigurationError(*problems)
    return Program(
        config=config,
        **rules,
        sources=sources,
        rulebook_sha256=rulebook_hash(rules),
        rulebook_version=rulebook_version(rules),
    )


def load_rulebook(folder: Path, problems: list[str]) -> dict[str, Any]:
    """Name -> model of the valid rulebook files in `folder`; what is wrong is added to `problems`."""
    documents = {name: read_yaml(folder / f"{name}.yaml", f"rulebook/{name}.yaml") for name in RULEBOOK_FILES}
    loaded = {name: _load(documents[name], model, problems) for name, model in RULEBOOK_FILES.items()}
    rules = {name: model for name, model in loaded.items() if model is not None}
    if len(rules) == len(RULEBOOK_FILES):
        problems.extend(rulebook_disagreements(documents, rules))
    return rules


def rulebook_version(rules: dict[str, Any]) -> str:
    """The version the files share, else each file's own."""
    versions = {name: str(model.version) for name, model in rules.items()}
    if len(set(versions.values())) == 1:
        return versions["routing"]
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _load_sources(workspace: Workspace, default_timezone: str, problems: list[str]) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for path in sorted(workspace.sources.glob("*.yaml")):
        document = read_yaml(path, f"sources/{path.name}")
        source = _load_source(document, path.stem, default_timezone, problems)
        if source is None:
            continue
        if source.feed in sources:
            problems.append(
                f"{document.name}: feed: value {source.feed!r}: expected a name no other file in sources/ has"
            )
        problems.extend(missing_companions(document, source, workspace))
        sources[source.feed] = source
    return sources


def read_source(path: Path, default_timezone: str) -> Source:
    """The contract in one file, on its own; ConfigurationError with every problem."""
    problems: list[str] = []
    source = _load_source(read_yaml(path, path.name), path.stem, default_timezone, problems)
    if problems or source is None:
        raise ConfigurationError(*problems)
    return source


def _load_source(document: Document, stem: str, default_timezone: str, problems: list[str]) -> Source | None:
    before = len(problems)
    if document.data:
        document.data.setdefault("feed", stem)
        document.data.setdefault("source_system", document.data["feed"])
        document.data.setdefault("timezone", default_timezone)
        entity = ENTITIES.get(str(document.data.get("entity")))
        if entity is not None:
            problems.extend(unknown_columns(document, entity.columns, entity.name))
    source = _load(document, Source, problems)
    return source if len(problems) == before else None


def _load(document: Document, model: type[AnyModel], problems: list[str]) -> AnyModel | None:
    problems.extend(document.problems)
    if document.problems:
        return None
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        problems.extend(describe(document, model, error))
        return None
