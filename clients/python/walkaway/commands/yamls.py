"""Settings as YAML that people read and write: texts of many lines stay texts of many lines."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import click
import yaml

from walkaway.commands import texts
from walkaway_wire import gate


class Dumper(yaml.SafeDumper):
    """Writes a text of many lines as such."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - yaml's own
        """Write a thing that stands twice twice."""
        return True


def _text(dumper: yaml.SafeDumper, said: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", said, style="|" if "\n" in said else None)


Dumper.add_representer(str, _text)


def _without_colons(pattern: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(f"(?!.*:){pattern.pattern}", pattern.flags)


class Loader(yaml.SafeLoader):
    """Reads what JSON has as well: no dates, no references, no name twice; 1:30 is text, and no ninety."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - yaml's own
        first: [
            (tag, _without_colons(pattern) if tag.endswith((":int", ":float")) else pattern)
            for tag, pattern in rows
            if not tag.endswith(":timestamp")
        ]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse references, which can grow without end."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(
                None,
                None,
                "references (*name) are not taken; write out what they stand for",
                self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - yaml's own
        """Refuse a name that stands twice."""
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for at, name in enumerate(names):
            if name in names[:at]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name!r} stands twice", node.value[at][0].start_mark
                )
        return super().construct_mapping(node, deep)


def write(value: Mapping[str, Any]) -> str:
    """Write an object, in its own order."""
    return yaml.dump(dict(value), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


def read(text: str, name: str) -> dict[str, Any]:
    """Read an object. Raises UsageError, with `name` and the line, for anything else."""
    with _refusing(name):
        found = yaml.load(text, Loader=Loader)  # noqa: S506 - a SafeLoader
    check(found, name)
    return _object(found, name)


def file(path: str) -> dict[str, Any]:
    """Read an object from a file of this machine; `-` is standard input. Raises UsageError."""
    return read(texts.given(path) if path == "-" else texts.of_file(path), path)


def each(text: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the objects of a file of documents, each with its place; empty documents count, and are left out.

    Raises UsageError, with the place and the line, for anything else. What is in them is for `check`.
    """
    place = f"{name}, document 1"
    with _refusing(place):  # what a text may not have at all
        documents = yaml.load_all(text, Loader=Loader)
    for number in count(1):
        place = f"{name}, document {number}"
        with _refusing(place):
            try:
                found = next(documents)
            except StopIteration:
                return
        if found is not None:
            yield place, _object(found, place)


@contextmanager
def _refusing(place: str) -> Iterator[None]:
    try:
        yield
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, LookupError, AttributeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise click.UsageError(f"{place}{line} is no YAML: {getattr(error, 'problem', None) or error}") from None


def _object(found: Any, place: str) -> dict[str, Any]:
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise click.UsageError(f"{place} has to be lines of NAME: VALUE")
    return found


def check(value: Any, place: str) -> None:
    """See that JSON has all that is in it. Raises UsageError for !!binary, .nan, names that are no text and such."""
    try:
        gate.taken(value)
    except gate.Flawed as error:
        raise click.UsageError(f"{place}: {'.'.join(map(str, error.where))[:200]}: {error.why}") from None
    if odd := next(_odd(value, ()), None):
        raise click.UsageError(f"{place}: {'.'.join(odd)[:200]}: is a name that is no text; write it in quotes")


def _odd(value: Any, where: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give the places of names that are no text."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        place = (*where, str(name))
        if isinstance(value, dict) and not isinstance(name, str):
            yield place
        yield from _odd(each, place)
