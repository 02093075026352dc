"""Files that declare what there is to be: YAML documents, each checked before anything is done."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from walkaway.commands import yamls
from walkaway.commands.kinds import KINDS, Kind, is_text
from walkaway_wire import problems

STDIN = "-"


@dataclass(frozen=True)
class Document:
    """A document. `said`: what it says, checked; `place`: its file and number."""

    kind: Kind
    name: str
    said: dict[str, Any]
    place: str


def read(files: Sequence[str]) -> list[Document]:
    """Read all documents of some files. Raises UsageError that names every document that is wrong, and its field."""
    found: list[Document] = []
    wrong: list[str] = []
    for file in files:
        for place, raw in yamls.each(_text(file), "standard input" if file == STDIN else file):
            try:
                document = _document(place, raw)
            except click.UsageError as error:
                wrong.append(error.message)
                continue
            wrong += [
                f"{place}: the {document.kind.name} {document.name!r} is there already, in {other.place}; leave one out"
                for other in found
                if (other.kind, other.name) == (document.kind, document.name)
            ]
            found.append(document)
    if wrong:
        raise click.UsageError("\n".join([*wrong, "Nothing is done"]))
    if not found:
        raise click.UsageError(f"There are no documents in {', '.join(files)}: walkaway export writes some")
    return found


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        return data.decode()
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is no UTF-8, from byte {error.start} on") from None


def _document(place: str, raw: dict[str, Any]) -> Document:
    yamls.check(raw, place)
    kind = KINDS.get(raw["kind"]) if isinstance(raw.get("kind"), str) else None
    if kind is None:
        said = f"{raw['kind']!r} is none" if "kind" in raw else "is missing"
        raise click.UsageError(f"{place}: kind: {said}; there are: {', '.join(KINDS)}")
    if not is_text(raw.get("name")):
        raise click.UsageError(f"{place}: name: {'must be text' if 'name' in raw else 'is missing'}; each has one")
    fields = {field: value for field, value in raw.items() if field != "kind"}
    try:
        checked = kind.check(
            {field: value for field, value in fields.items() if value is not None or _unknown(kind, field)}
        )
    except ValidationError as error:
        raise click.UsageError(f"{place}: {problems.of_fields(error)}{_advice(error)}") from None
    return Document(kind, raw["name"], checked, place)


def _unknown(kind: Kind, field: str) -> bool:
    return field not in kind.model.model_fields


def _advice(error: ValidationError) -> str:
    unknown = any(each["type"] == "extra_forbidden" for each in error.errors(include_url=False, include_input=False))
    return "; take out what is not known" if unknown else ""


def places(documents: Sequence[Document]) -> Iterator[tuple[str, str]]:
    """Give the kind and the name of each document."""
    return ((document.kind.name, document.name) for document in documents)
