"""Draws the names in a program anew for each run, so that no rule of the offline model's can be about one of them.

A program says in a comment which of its words are: `# These words are drawn: ferry harbour`. Each of them is replaced
wherever it stands, also within a name (`FerryAgent`, `next_ferry`). A line `# fields` gives way to some fields of drawn
names and types, at its depth.
"""

import os
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SEED = os.environ.setdefault("PEERS_SEED", str(random.SystemRandom().randrange(1_000_000)))
"""What a run is repeated with; workers of a run find it in their environment."""
TYPES = ("str", "int", "float", "bool", "list[str]", 'Literal["calm", "rough"]', "int | None")
MOST_FIELDS = 4

_DRAWN = re.compile(r"^(?:#|//) These words are drawn: (.*)$", re.MULTILINE)
_FIELDS = re.compile(r"^( *)# fields$", re.MULTILINE)


@dataclass(frozen=True)
class Drawn:
    """What stands for what in one run."""

    text: str
    words: Mapping[str, str]

    def named(self, said: str) -> str:
        """Give what was said of the program as it is to be said of this run."""
        return _renamed(said, self.words)


def drawn(program: Path) -> Drawn:
    """Draw a program's names and fields."""
    chance, text = random.Random(f"{SEED} {program.name}"), program.read_text()
    names = [name for line in _DRAWN.findall(text) for name in line.split()]
    words: dict[str, str] = {}
    for name in names:
        words[name] = _word(chance, {*words.values()})
    text = _FIELDS.sub(lambda found: _fields(chance, found[1]), text)
    return Drawn(_renamed(text, words), words)


def _renamed(text: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(name, word).replace(name.capitalize(), word.capitalize())
    return text


def _word(chance: random.Random, taken: set[str]) -> str:
    """Make up a word of eight letters that no language has, and that is in no other."""
    while True:
        word = "".join(chance.choice("bdgkmprtvz") + chance.choice("aeiou") for _ in range(4))
        if word not in taken:
            return word


def _fields(chance: random.Random, depth: str) -> str:
    count = chance.randint(1, MOST_FIELDS)
    return "\n".join(f"{depth}{_word(chance, set())}{n}: {chance.choice(TYPES)}" for n in range(count))
