"""The offline model works by general rules: whatever path, format and subject a message names, it makes that."""

import random
import string
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.documents import read
from walkaway_core.models.rehearsal.asking import fitting
from walkaway_core.models.rehearsal.reading import understand
from walkaway_core.models.rehearsal.script import pace, place

VERBS = ["Write", "Build", "Create", "Make", "Prepare", "Draft", "Generate", "Please produce", "I need you to compile"]
FORMS = [
    ("a {n}-page report", "md"),
    ("a detailed market analysis", "txt"),
    ("a memo", "md"),
    ("a table", "csv"),
    ("the data", "json"),
    ("a page", "html"),
    ("a {n}-slide presentation", "pptx"),
    ("a deck", "pptx"),
    ("a script", "py"),
]
LINKS = ["on {subject} and save it to {path}", "about {subject} and write it to {path}", "about {subject} in {path}"]
AT_ONCE = {"Prefer": "respond-async"}
PLACES = ["{path}", "/opt/sandbox/workspace/{path}", "`{path}`", '"{path}"']


def requests(count: int) -> list[tuple[str, str, str]]:
    """Draw messages, and the path and subject that each names."""
    chance = random.Random()
    drawn = []
    for _ in range(count):
        form, suffix = chance.choice(FORMS)
        folders = "".join(f"{_word(chance)}/" for _ in range(chance.randrange(3)))
        path = f"{folders}{_word(chance)}-{chance.randrange(10_000)}.{suffix}"
        subject = " ".join(_word(chance) for _ in range(chance.randint(1, 4)))
        link = chance.choice(LINKS).format(subject=subject, path=chance.choice(PLACES).format(path=path))
        ending = chance.choice(["", ".", " Thanks!", ". Take your time."])
        message = f"{chance.choice(VERBS)} {form.format(n=chance.randint(2, 9))} {link}{ending}"
        drawn.append((message, path, subject))
    return drawn


def _word(chance: random.Random) -> str:
    return "q" + "".join(chance.choice(string.ascii_lowercase) for _ in range(chance.randint(4, 8)))


@pytest.mark.parametrize("count", [10, pytest.param(50, marks=pytest.mark.deep)])
def test_fifty_requests_drawn_by_chance_each_get_their_file(client: httpx.Client, count: int) -> None:
    session = sse.new(client, persistent=True)
    for message, path, subject in requests(count):
        events = sse.send(client, session, message)
        assert events[-1].event == "message.completed", message
        answer = client.get(f"/v1/sessions/{session}/files/{path}")
        assert answer.status_code == 200, f"{message!r}: {[e.data for e in events if e.event == 'tool_result']}"
        assert subject in read(path, answer.content).lower(), message


@pytest.mark.parametrize(
    ("message", "deed", "path", "subject"),
    [
        ("Write a haiku about snow", "make", "", "snow"),
        ("Make slides about bees", "make", "output/bees.pptx", "bees"),
        ("Draft a proposal regarding solar roofs.", "make", "proposal.md", "solar roofs"),
        ("Read notes/today.md", "read", "notes/today.md", None),
        ("What does config.yaml say?", "read", "config.yaml", None),
        ("Which files are in the workspace?", "list", "", None),
        ("Search the files for 'TODO'", "search", "", None),
        ("How are you?", "talk", "", "How are you"),
        ("Is example.com or Node.js any good?", "talk", "Node.js", None),
        ("Mail me@host.md about lunch", "talk", "", "lunch"),
        ("Write a table of prices to 'out dir/prices.csv'", "make", "out dir/prices.csv", "prices"),
    ],
)
def test_messages_are_understood_by_rule(message: str, deed: str, path: str, subject: str | None) -> None:
    wish = understand(message)
    assert (wish.deed, wish.path) == (deed, path)
    assert subject is None or wish.subject == subject


def test_what_is_asked_for_last_counts_where_two_messages_are_seen_as_one() -> None:
    told = ["Write a report on moss to moss.md", "Write a report on ferns to ferns.md"]
    seen = [{"role": "user", "content": [{"type": "text", "text": each} for each in told]}]
    assert place(seen).message == told[-1]


@pytest.mark.parametrize("on_busy", ["cancel", "interrupt"])
def test_a_turn_that_ended_early_is_not_carried_out_by_the_next(client: httpx.Client, on_busy: str) -> None:
    session = sse.new(client, persistent=True)
    url = f"/v1/sessions/{session}/messages"
    sent = client.post(url, json={"message": "Slowly write a report on moss to moss.md"}, headers=AT_ONCE)
    if on_busy == "cancel":
        client.post(f"/v1/sessions/{session}/responses/{sent.json()['response_id']}/cancel")
        on_busy = "reject"
    body = {"message": "Write a report on ferns to ferns.md", "on_busy": on_busy}
    turn = client.post(url, json=body, headers=AT_ONCE).json()["response_id"]
    turn_events = f"/v1/sessions/{session}/responses/{turn}/events"
    with client.stream("GET", turn_events) as answer:
        assert sse.read(answer)[-1].event == "message.completed"
    assert client.get(f"/v1/sessions/{session}/files/ferns.md").status_code == 200
    assert client.get(f"/v1/sessions/{session}/files/moss.md").status_code == 404


def test_it_reads_lists_and_searches_for_real(client: httpx.Client) -> None:
    session = sse.new(client)
    word = f"needle{random.randrange(10**9)}"
    client.put(f"/v1/sessions/{session}/files/hay/stack-{word}.txt", content=f"first\nhere is the {word}\n".encode())
    assert f"hay/stack-{word}.txt" in sse.text(sse.send(client, session, "Which files are in the workspace?"))
    assert "here is the" in sse.text(sse.send(client, session, f"Please read hay/stack-{word}.txt"))
    found = sse.text(sse.send(client, session, f"Search the files for 'the {word}'"))
    assert f"hay/stack-{word}.txt:2: here is the {word}" in found


def test_it_says_what_it_is_and_reports_how_far_it_is(client: httpx.Client) -> None:
    session = sse.new(client)
    events = sse.send(client, session, "Write a report on moss to moss.md")
    assert "rehearsal" in sse.text(events)
    percents = [
        event.data["input"]["metadata"]["percent"]
        for event in events
        if event.event == "tool_use.executing" and event.data["name"] == "report_progress"
    ]
    assert percents == sorted(percents)
    assert len(set(percents)) >= 3
    assert client.get(f"/v1/sessions/{session}").json()["metadata"]["percent"] == 100


def test_it_is_deterministic(client: httpx.Client) -> None:
    runs = [sse.send(client, sse.new(client), "Write a report on ferns to ferns.md") for _ in range(2)]
    said = ("text.delta", "tool_use.input_delta", "tool_use.start", "step.completed")
    shown = [[(e.event, e.data.get("content"), e.data.get("name")) for e in run if e.event in said] for run in runs]
    assert shown[0] == shown[1]


def test_a_file_that_it_may_not_write_makes_it_stop_and_say_so(client: httpx.Client) -> None:
    session = sse.new(client, file_access={"read": [""], "write": ["allowed"]})
    events = sse.send(client, session, "Write a report on locks to forbidden/locks.md")
    assert events[-1].event == "message.completed"
    assert "did not work" in sse.text(events)
    assert "outside what this session may write" in sse.text(events)


def test_it_takes_as_many_steps_as_are_asked_for_with_tools_side_by_side(client: httpx.Client) -> None:
    events = sse.send(client, sse.new(client), "Write a report on rain to rain.md in 12 steps with 3 tools at once")
    assert events[-1].event == "message.completed"
    assert sum(event.event == "step.completed" for event in events) == 12
    spare = [event for event in events if event.event == "text.delta" and "of 12." in event.data["content"]]
    assert len(spare) == 6
    calls = [event.data["name"] for event in events if event.event == "tool_use.start"]
    assert (calls.count("report_progress"), calls.count("list_files")) == (4 + 6, 12)


def test_it_can_be_slow(client: httpx.Client) -> None:
    assert understand("Write a poem about rain, slowly").slowly
    body = {"model": "rehearsal", "messages": [{"role": "user", "content": "Say something slowly"}]}
    assert (pace(body, 0.0), pace(body, 1.0)) == (0.25, 1.0)
    body["messages"] = [{"role": "user", "content": "Say something"}]
    assert pace(body, 0.0) == 0.0


@pytest.mark.parametrize(
    ("message", "called"),
    [
        ("What time is it in Paris?", ["get_current_time"]),
        ("Reserve 3 seats, and tell me the time", ["get_current_time", "reserveSeats"]),
        ("Write a report on time to report.md", []),
        ("Run `date` to see the time", []),
        ("Hello", []),
    ],
)
def test_the_callers_tools_are_called_by_the_words_in_their_names(message: str, called: list[str]) -> None:
    tools: list[dict[str, Any]] = [
        {"name": name, "input_schema": {}} for name in ("get_current_time", "reserveSeats", "bash", "read_file")
    ]
    assert [call["name"] for call in fitting(understand(message), message, tools)] == called


def test_what_is_made_up_for_a_call_fits_its_schema() -> None:
    properties = {
        "zone": {"type": "string"},
        "count": {"type": "integer"},
        "loud": {"type": "boolean"},
        "kinds": {"type": "array"},
        "place": {"type": "object", "properties": {"id": {"type": "number"}}, "required": ["id", "unknown"]},
        "unit": {"enum": ["metric", "imperial"]},
        "mode": {"default": "fast"},
        "any": True,
    }
    schema = {"type": "object", "properties": {**properties, "left_out": {"type": "string"}}, "required": [*properties]}
    message = "What is the weather for 4 days?"
    (call,) = fitting(understand(message), message, [{"name": "weather", "input_schema": schema}])
    assert call["input"] == {
        "zone": "4 days",
        "count": 4,
        "loud": True,
        "kinds": [],
        "place": {"id": 4},
        "unit": "metric",
        "mode": "fast",
        "any": "4 days",
    }


@pytest.mark.parametrize(
    ("message", "sku"),
    [
        ("How many of A-1 are in stock?", "A-1"),
        ("How many A-4711 are in stock?", "A-4711"),
        ('Is "blue paint" in stock for 3-day delivery?', "blue paint"),
        ("What is the stock of a 3-day ticket?", "a 3-day ticket"),
    ],
)
def test_a_text_of_a_call_is_what_is_quoted_or_an_article_s_number_or_the_subject(message: str, sku: str) -> None:
    schema = {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}
    (call,) = fitting(understand(message), message, [{"name": "stock", "input_schema": schema}])
    assert call["input"] == {"sku": sku}
