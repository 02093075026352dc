"""Requests as JSON: the same whether parts of them have been sent before or not."""

import json
from typing import Any

import pytest

from tests.kit.messages_api import text
from walkaway_core.log.conversation import Conversation
from walkaway_core.models.encoded import encoded
from walkaway_wire import jsontext


def body(talk: Conversation) -> dict[str, Any]:
    return {"model": "m", "messages": talk.messages, "max_tokens": 1, "stream": True}


def talk(*said: str) -> Conversation:
    made = Conversation()
    for number, one in enumerate(said):
        made.say("assistant" if number % 2 else "user", [(None, text(one))])
    return made


@pytest.mark.parametrize("said", [(), ("go",), ("go", "döne \u2028 \U0001f600", "more")])
def test_it_is_the_request(said: tuple[str, ...]) -> None:
    asked = body(talk(*said))
    assert json.loads(encoded(asked)) == asked
    assert encoded(asked) == encoded(json.loads(jsontext.dumps(asked)))


def test_what_is_sent_again_is_not_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = talk("go", "done")
    encoded(body(sent))
    sent.say("user", [(None, text("on"))])
    texts = [message.text for message in sent.messages[:2]]
    monkeypatch.setattr(jsontext, "dump_whole", lambda value: json.dumps(value).encode() + b" ")
    assert json.loads(encoded(body(sent)))["messages"] == sent.messages
    assert [message.text for message in sent.messages[:2]] == texts
    assert (sent.messages[2].text or b"").endswith(b" ")


def test_what_is_said_more_in_the_same_message_is_sent() -> None:
    sent = talk("go")
    encoded(body(sent))
    sent.say("user", [(None, text("on"))])
    assert json.loads(encoded(body(sent)))["messages"] == sent.messages


def test_half_a_pair_is_no_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        encoded(body(talk("\ud800")))
