"""Every citation in code and docs leads somewhere: sections of contracts, rules, decisions, pages, headings, tests.

The forms: `contract B.7`, `contract B`; `rule R2`; `decision 0011`; `docs/architecture.md#pause`; links of Markdown;
in pages also files and folders of tests, by path or by name: `tests/http/`, `test_sse.py`. In `docs/howto` they may be
yet to be written.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEPT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".sh"}
HIDDEN = {".ci", ".github"}
"""Folders that are ours although a dot begins their names; the others are made by programs."""
MADE = {"node_modules", "dist", "__pycache__"}
"""Folders that programs make besides those."""

HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
SECTION = re.compile(r"\b([A-Z]\.\d+[a-z]?)\b")
PART = re.compile(r"\bcontract ([A-Z])\b(?!\.\d)")
RULE = re.compile(r"\b(R\d+)\b")
DECISION = re.compile(r"\bdecisions? \[?(\d+)", re.IGNORECASE)
PAGE = re.compile(r"(?<![\w./])(docs/[\w./-]*\.(?:md|json|py))(?:#([\w-]+))?")
TEST = re.compile(r"(?<![\w./])(tests/[a-z\d_./]*[a-z]/?|test_\w+\.py)")
LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def texts() -> Iterator[tuple[Path, str]]:
    """Every file of the project that people write, with what it says; but this one, which cites what is not there."""
    for parent, folders, names in os.walk(ROOT):
        # What is taken from this list is not gone into: environments have more files than the project.
        folders[:] = sorted(
            name for name in folders if (not name.startswith(".") or name in HIDDEN) and name not in MADE
        )
        for path in (Path(parent, name) for name in sorted(names)):
            if path.suffix in KEPT and path.is_file() and path != Path(__file__):
                yield path.relative_to(ROOT), path.read_text()


TEXTS = dict(texts())
PAGES = {path: text for path, text in TEXTS.items() if path.suffix == ".md"}


def headings(page: str) -> list[str]:
    """The headings of a page, without what stands in its examples."""
    return HEADING.findall(FENCED.sub("", page))


def anchors(page: str) -> set[str]:
    """The addresses of a page's headings, as GitHub makes them."""
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)|[`*_]", r"\1", text) for text in headings(page))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in plain}


def known_sections() -> set[str]:
    """The numbers of all contracts' sections, and the letters of their parts."""
    dialects = (text for path, text in PAGES.items() if path.parent == Path("docs/dialects"))
    found = [re.match(r"([A-Z](?:\.\d+[a-z]?)?)(?:\.| )", heading) for page in dialects for heading in headings(page)]
    return {match[1] for match in found if match}


def known_rules() -> set[str]:
    """The rules that have a heading on the page about them."""
    found = (re.match(r"(R\d+):", heading) for heading in headings(PAGES[Path("docs/architecture.md")]))
    return {match[1] for match in found if match}


def known_decisions() -> set[str]:
    """The numbers of the decisions."""
    return {path.name[:4] for path in PAGES if path.parent == Path("docs/decisions") and path.name[0].isdigit()}


TESTS = {path.name for path in TEXTS if path.name.startswith("test_")}
SECTIONS, RULES, DECISIONS = known_sections(), known_rules(), known_decisions()


def unresolved(path: Path, text: str) -> list[str]:
    """The citations of a text that lead nowhere."""
    lost = [cited for cited in SECTION.findall(text) + PART.findall(text) if cited not in SECTIONS]
    lost += [cited for cited in RULE.findall(text) if cited not in RULES]
    lost += [cited for cited in DECISION.findall(text) if cited not in DECISIONS]
    for page, anchor in PAGE.findall(text):
        lost += [] if _is_there(Path(page), anchor) else [f"{page}#{anchor}"]
    if path.suffix == ".md":
        for link in LINK.findall(FENCED.sub("", text)):
            lost += [] if _leads(path, link) else [link]
        cited = [] if path.parent == Path("docs/howto") else TEST.findall(text)
        lost += [test for test in cited if not ((ROOT / test).exists() or test in TESTS)]
    return lost


def _leads(path: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True  # to the world, which a test does not ask
    target, _, anchor = link.partition("#")
    there = (ROOT / path.parent / target).resolve() if target else ROOT / path
    return there.is_relative_to(ROOT) and _is_there(there.relative_to(ROOT), anchor)


def _is_there(path: Path, anchor: str) -> bool:
    return (ROOT / path).exists() and (not anchor or anchor in anchors(PAGES.get(path, "")))


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_every_citation_resolves(path: Path) -> None:
    assert unresolved(path, TEXTS[path]) == []


def test_there_is_something_to_cite() -> None:
    """Else the test above would hold of an empty folder."""
    assert {"A", "A.5b", "B.7", "C.7"} <= SECTIONS
    assert {"R1", "R5"} <= RULES
    assert {"0001", "0014"} <= DECISIONS
    cited = "\n".join(text for path, text in TEXTS.items() if path.suffix == ".py" and path.parts[0] == "layers")
    assert len(SECTION.findall(cited)) > 20


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "as contract B.99 has it"),
        ("a.py", "see contract Z"),
        ("a.py", "(rule R9)"),
        ("a.py", "see decision 12"),
        ("a.py", "see decision 9999"),
        ("a.py", "see docs/nowhere.md"),
        ("a.py", "see docs/architecture.md#nowhere"),
        ("docs/a.md", "[so](nowhere.md)"),
        ("docs/a.md", "[so](architecture.md#nowhere)"),
        ("docs/a.md", "[so](#nowhere)"),
        ("docs/a.md", "[so](../../outside.md)"),
        ("docs/a.md", "held by `tests/http/test_nothing.py`"),
        ("docs/a.md", "held by `tests/nowhere/`"),
        ("docs/a.md", "held by `tests/http/`, `test_nothing.py`"),
    ],
)
def test_a_citation_that_leads_nowhere_is_found(path: str, text: str) -> None:
    assert len(unresolved(Path(path), text)) == 1


@pytest.mark.parametrize("page", sorted((ROOT / "docs/dialects").glob("*.md")), ids=lambda page: page.stem)
def test_the_sections_of_a_contract_are_counted_without_a_gap(page: Path) -> None:
    numbers = [int(match[1]) for each in headings(page.read_text()) if (match := re.match(r"[A-Z]\.(\d+) ", each))]
    assert numbers == list(range(1, len(numbers) + 1))
