"""What an older server does not have is said to be missing there, and not taken for something that was deleted."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from walkaway import answers
from walkaway._sync.lists import Pages
from walkaway._sync.transport import Transport
from walkaway.errors import FeatureMissing, WalkawayError

T = TypeVar("T")


@contextmanager
def told(transport: Transport, feature: str, sentence: str) -> Generator[None, None, None]:
    """Say so of a feature, as `me().features` names it, where its address is not there. Raises FeatureMissing."""
    try:
        yield
    except WalkawayError as error:
        if answers.is_missing_path(error) and feature not in transport.features():
            raise FeatureMissing(feature, sentence) from None
        raise


class KnownPages(Pages[T]):
    """A list that an older server may not have; `feature`: its name, and the sentence that says so."""

    def __init__(self, feature: tuple[str, str], transport: Transport, *given: Any) -> None:
        super().__init__(transport, *given)
        self._feature = feature

    def next_page(self) -> list[T]:
        """Read the next part. Raises FeatureMissing, too."""
        with told(self._transport, *self._feature):
            return super().next_page()
