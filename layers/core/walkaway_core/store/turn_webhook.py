"""The address that a turn has of its own, which is told how it goes."""

from dataclasses import dataclass

from walkaway_core.ports.items import Fact, Item


@dataclass(frozen=True, slots=True)
class TurnWebhook:
    """An address that is to be told of one turn alone; without a secret nothing is signed."""

    url: str
    secret: str = ""
    format: str = "native"

    @property
    def facts(self) -> dict[str, Fact]:
        """What an item says of it."""
        return {"hook_url": self.url, "hook_secret": self.secret, "hook_format": self.format}

    @classmethod
    def read(cls, item: Item) -> "TurnWebhook | None":
        """Read it from an item, if it is there."""
        if "hook_url" not in item.facts:
            return None
        return cls(item.text("hook_url"), item.text("hook_secret"), item.text("hook_format"))
