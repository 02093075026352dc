"""Routes of conversations (contract D.17)."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.responses import answers, conversation_items, conversations, sent
from walkaway_core.dialects.responses.conversation_items import MOST
from walkaway_core.dialects.responses.conversations import Conversation
from walkaway_core.dialects.responses.errors import ResponseProblem
from walkaway_core.dialects.responses.items import Item
from walkaway_core.dialects.responses.named import Named
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.dialects.responses.wire import InputItems, Metadata, Objects
from walkaway_core.http import errors, large, repetitions
from walkaway_core.http.access import Called
from walkaway_core.store import idempotency
from walkaway_wire.strict import Strict

router = APIRouter(prefix="/v1/conversations", tags=["conversations"], route_class=large.Route)
UNKNOWN: Final = errors.answers(404, model=ResponseProblem)
WRONG: Final = errors.answers(400, 404, 413, 422, model=ResponseProblem)
EXAMPLE: Final[dict[str, Any]] = {"items": [{"role": "user", "content": "Hello"}], "metadata": {"topic": "ferries"}}


class ConversationCreate(Strict):
    """A conversation that is to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    items: Annotated[Any, Objects, Field(description="what it begins with, up to 20 items")] = None
    metadata: Metadata = None


class ConversationUpdate(Strict):
    """What is to be another."""

    metadata: Metadata = None


class ItemsCreate(Strict):
    """Items that are to be added."""

    items: Annotated[Any, Objects, Field(description="up to 20 items")] = None


class ConversationObject(BaseModel):
    """A conversation."""

    id: str
    object: Literal["conversation"] = "conversation"
    created_at: Annotated[int, Field(description="seconds since the epoch")]
    metadata: dict[str, str]


class ConversationDeleted(BaseModel):
    """The conversation is gone."""

    id: str
    object: Literal["conversation.deleted"] = "conversation.deleted"
    deleted: Literal[True] = True


@router.post("", responses=WRONG, summary="Create a conversation")
def create(caller: Called, asked: ConversationCreate, request: Request) -> ConversationObject:
    """Make a conversation: it stays until it is deleted."""
    items, metadata = _read(caller, asked.items), asked.metadata or {}
    once = repetitions.once(caller, request, "conversation", asked.model_dump(exclude_unset=True))
    made, _ = idempotency.make(
        caller.services,
        once,
        lambda: conversations.create(caller.services, caller.tenant, items, metadata, once),
        lambda name: conversations.named(caller.services, caller.tenant, name),
    )
    return _object(made)


@router.get("/{conversation_id}", responses=UNKNOWN, summary="Read a conversation")
def get(caller: Called, conversation_id: str) -> ConversationObject:
    """Read a conversation."""
    return _object(conversations.find(caller.services, caller.tenant, conversation_id))


@router.post("/{conversation_id}", responses=WRONG, summary="Change a conversation")
def change(caller: Called, conversation_id: str, asked: ConversationUpdate) -> ConversationObject:
    """Give a conversation other metadata."""
    return _object(conversations.describe(caller.services, caller.tenant, conversation_id, asked.metadata or {}))


@router.delete("/{conversation_id}", responses=UNKNOWN, summary="Delete a conversation")
def delete(caller: Called, conversation_id: str) -> ConversationDeleted:
    """Delete a conversation; a response that runs in it is cancelled. Its responses stay for thirty days."""
    conversations.delete(caller.services, caller.tenant, conversation_id)
    return ConversationDeleted(id=conversation_id)


@router.post("/{conversation_id}/items", responses=WRONG, summary="Add items to a conversation")
def add(caller: Called, conversation_id: str, asked: ItemsCreate, request: Request) -> InputItems:
    """Add items to a conversation in which no response runs; the next one is told them before its input."""
    items = _read(caller, asked.items)
    if not items:
        raise Refusal("items: there are none", "items")
    once = repetitions.once(caller, request, f"items of {conversation_id}", asked.model_dump())
    made = conversations.add(caller.services, caller.tenant, conversation_id, items, once)
    return InputItems(**answers.page(made, after=None, limit=MOST, order="asc"))


@router.get("/{conversation_id}/items", responses=WRONG, summary="List the items of a conversation")
def listing(
    caller: Called,
    conversation_id: str,
    *,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
) -> InputItems:
    """List what was said in a conversation: what was added, and input and output of each response that is over."""
    found = conversations.find(caller.services, caller.tenant, conversation_id)
    return InputItems(**conversation_items.page(caller.services, found, after=after, limit=limit, order=order))


@router.get("/{conversation_id}/items/{item_id}", responses=UNKNOWN, response_model=None, summary="Read an item")
def item(caller: Called, conversation_id: str, item_id: str) -> dict[str, Any]:
    """Read an item of a conversation."""
    found = conversations.find(caller.services, caller.tenant, conversation_id)
    return conversation_items.item(caller.services, found, item_id)


@router.delete("/{conversation_id}/items/{item_id}", responses=UNKNOWN, summary="Delete an item")
def take_out(caller: Called, conversation_id: str, item_id: str) -> ConversationObject:
    """Take an item out of a conversation."""
    found = conversations.find(caller.services, caller.tenant, conversation_id)
    conversation_items.item(caller.services, found, item_id)
    return _object(conversations.take_out(caller.services, caller.tenant, conversation_id, item_id))


def _read(caller: Called, given: Any) -> list[Item]:
    """Read items that are to be added. Raises Refusal, which names the item."""
    if given is not None and not isinstance(given, list):
        raise Refusal("items must be a list", "items")
    given = given or []
    if len(given) > MOST:
        raise Refusal(f"items: there are {len(given)}; {MOST} can be added at once", "items")
    named = Named(caller.services, caller.tenant)
    return [sent.item(each, f"items[{number}]", named.item) for number, each in enumerate(given)]


def _object(found: Conversation) -> ConversationObject:
    created = int(found.session.created_at)
    return ConversationObject(id=found.id, created_at=created, metadata=dict(found.metadata))
