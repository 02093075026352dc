"""Calls between their first event and their last, whoever carries them out (contract D.4)."""

from walkaway_core.dialects.responses import items
from walkaway_core.dialects.responses.items import Item, Result
from walkaway_core.dialects.responses.opened import Drafts, Opened
from walkaway_wire import jsontext


class Call(Opened):
    """A call whose arguments come in pieces; `spoken` is how its events call these."""

    spoken = ""

    def __init__(self, id_: str, index: int, call: str, name: str) -> None:
        super().__init__(id_, index)
        self.call, self.name = call, name
        self.whole = False
        """Whether its arguments are an object, as far as they have come."""
        self.arguments = ""
        self._open = True
        self._pieces: list[str] = []

    def begin(self) -> Drafts:
        """Add it."""
        yield self.added(self.item("in_progress"))

    def write(self, piece: str) -> Drafts:
        """Add to its arguments."""
        if piece:
            self._pieces.append(piece)
            yield self.told(f"{self.spoken}.delta", delta=piece)

    def stop(self) -> Drafts:
        """End its arguments; none are an object without fields."""
        if self._open:
            self._open = False
            if not self._pieces:
                yield from self.write("{}")
            said = jsontext.whole("".join(self._pieces))
            self.arguments, self.whole = items.read_arguments(said)
            yield self.told(f"{self.spoken}.done", arguments=said)

    def item(self, status: str) -> Item:
        """Give it as it is."""
        raise NotImplementedError


class FunctionCall(Call):
    """A call that the caller is to answer."""

    type = "function_call"
    spoken = "function_call_arguments"

    def item(self, status: str) -> Item:
        """Give it as it is."""
        return items.function_call(self.id, self.call, self.name, self.arguments, status)

    def lost(self) -> Item:
        """Give it as one that is nothing to carry out, with no arguments: there are clients that look at no status."""
        return items.function_call(self.id, self.call, self.name, "", "incomplete")


class ServerCall(Call):
    """A call of a tool of the server's; `request` is the id of the request to run it, if there was one."""

    type = "mcp_call"
    spoken = "mcp_call_arguments"

    def __init__(self, id_: str, index: int, call: str, name: str, request: str | None = None) -> None:
        super().__init__(id_, index, call, name)
        self._request = request
        self._result: Result | None = None

    def begin(self) -> Drafts:
        """Add it."""
        yield from super().begin()
        yield self.told("mcp_call.in_progress")

    def end(self, result: Result | None) -> Drafts:
        """Say what came of it; None: nothing."""
        self._result = result
        well = result is not None and not result.is_error
        yield self.told("mcp_call.completed" if well else "mcp_call.failed")

    def item(self, status: str) -> Item:
        """Give it as it is."""
        return items.mcp_call(self.id, self.name, self.arguments, status, self._result, self._request)


class Request(Opened):
    """A call that waits for a yes: its arguments are gathered, and readers are asked once its step is committed."""

    type = "mcp_approval_request"

    def __init__(self, call: str, name: str) -> None:
        super().__init__("", -1)
        self.call, self.name = call, name
        self.arguments, self.whole = "{}", True
        self._pieces: list[str] = []

    def write(self, piece: str) -> Drafts:
        """Note more of its arguments."""
        self._pieces.append(piece)
        return iter(())

    def stop(self) -> Drafts:
        """Read its arguments."""
        self.arguments, self.whole = items.read_arguments(jsontext.whole("".join(self._pieces)))
        return iter(())

    def ask(self, id_: str, index: int) -> Drafts:
        """Add it."""
        self.id, self.index = id_, index
        yield self.added(self.item())

    def item(self) -> Item:
        """Give it; it has no status."""
        return items.approval_request(self.id, self.name, self.arguments)
