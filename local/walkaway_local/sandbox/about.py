"""What is known of a generation of a container beside its files."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar


@dataclass
class About:
    """Its size in bytes; the outputs' SHA-256 by their paths; and what stands in it only to be mounted on."""

    NAME: ClassVar[str] = "about.json"

    size: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    points: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> "About":
        """Read that of a generation; one that is not there, or was spoilt by hand, says nothing."""
        with suppress(OSError, ValueError, TypeError):
            return cls(**json.loads((folder / cls.NAME).read_text()))
        return cls()

    def write(self, folder: Path) -> None:
        """Write it, at once."""
        new = folder / f"{self.NAME}.new"
        new.write_text(json.dumps({"size": self.size, "outputs": self.outputs, "points": self.points}))
        new.replace(folder / self.NAME)
