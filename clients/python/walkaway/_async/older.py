"""What an older server does not have is said to be missing there, and not taken for something that was deleted."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from walkaway import answers
from walkaway._async.lists import AsyncPages
from walkaway._async.transport import AsyncTransport
from walkaway.errors import FeatureMissing, WalkawayError

T = TypeVar("T")


@asynccontextmanager
async def told(transport: AsyncTransport, feature: str, sentence: str) -> AsyncGenerator[None, None]:
    """Say so of a feature, as `me().features` names it, where its address is not there. Raises FeatureMissing."""
    try:
        yield
    except WalkawayError as error:
        if answers.is_missing_path(error) and feature not in await transport.features():
            raise FeatureMissing(feature, sentence) from None
        raise


class AsyncKnownPages(AsyncPages[T]):
    """A list that an older server may not have; `feature`: its name, and the sentence that says so."""

    def __init__(self, feature: tuple[str, str], transport: AsyncTransport, *given: Any) -> None:
        super().__init__(transport, *given)
        self._feature = feature

    async def next_page(self) -> list[T]:
        """Read the next part. Raises FeatureMissing, too."""
        async with told(self._transport, *self._feature):
            return await super().next_page()
