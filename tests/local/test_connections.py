"""What clients of all ages meet at a connection, over real sockets; and how it ends."""

import contextlib
import json
import re
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from tests.kit import sse
from tests.kit.patience import holds
from tests.kit.servers import PATIENCE, Running, Served, listening, served
from walkaway_core.http import errors, request_ids
from walkaway_local.connections import MOST_HEAD_BYTES

SLOW = {"WALKAWAY_REHEARSAL_DELAY": "0.02"}
TASK = "Write a 30-page report on tides to tides.md"


def said(url: str, *pieces: bytes, half: bool = False) -> bytes:
    """Send pieces, and give all that is answered until the server hangs up."""
    parts = httpx.URL(url)
    with socket.create_connection((parts.host, parts.port), timeout=PATIENCE) as client:
        answer = b""
        try:
            for piece in pieces:
                client.sendall(piece)
            if half:
                client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65_536):
                answer += piece
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has hung up while we still sent
        return answer


def sockets(server: Served) -> int:
    """Count the sockets that a server has open (proc(5))."""
    every = list(Path(f"/proc/{server.process.pid}/fd").iterdir())
    return sum(each.is_symlink() and str(each.readlink()).startswith("socket:") for each in every)


def request(method: str, path: str, body: bytes = b"", headers: str = "", version: str = "1.1") -> bytes:
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    about = f"Host: localhost\r\nAuthorization: Bearer alpha-key\r\n{headers}{length}"
    return f"{method} {path} HTTP/{version}\r\n{about}\r\n".encode() + body


@pytest.fixture
def turn(client: httpx.Client) -> str:
    session = sse.new(client)
    sent = client.post(f"/v1/sessions/{session}/messages", json={"message": "Write a poem about rain."})
    return f"/v1/sessions/{session}/responses/{sent.headers['x-response-id']}"


class TestOldClients:
    def test_streams_and_lists_come_without_chunks_and_end_with_the_connection(
        self, server: Running, client: httpx.Client, turn: str
    ) -> None:
        seen = client.get(f"{turn}/events", headers={"Accept": "text/event-stream"}).text
        head, _, body = said(server.url, request("GET", f"{turn}/events", version="1.0")).partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head.lower()
        assert b"connection: close" in head.lower()
        assert body.decode() == seen
        head, _, body = said(server.url, request("GET", "/v1/sessions?limit=1", version="1.0")).partition(b"\r\n\r\n")
        assert json.loads(body)
        assert int(re.findall(rb"(?i)content-length: (\d+)", head)[0]) == len(body)

    def test_a_message_and_a_file_too(self, server: Running, client: httpx.Client, turn: str) -> None:
        session = turn.split("/")[3]
        body = json.dumps({"message": "Write a poem about snow."}).encode()
        answer = said(server.url, request("POST", f"/v1/sessions/{session}/messages", body, version="1.0"))
        assert b"event: message.completed" in answer
        assert b"transfer-encoding" not in answer.lower()
        client.put(f"/v1/sessions/{session}/files/a.bin", content=b"x" * 300_000)
        answer = said(server.url, request("GET", f"/v1/sessions/{session}/files/a.bin", version="1.0"))
        assert answer.endswith(b"\r\n\r\n" + b"x" * 300_000)


class TestHalfClosedClients:
    @pytest.mark.parametrize("version", ["1.0", "1.1"])
    def test_an_answer_comes(self, server: Running, turn: str, version: str) -> None:
        assert b"200 OK" in said(server.url, request("GET", "/health", version=version), half=True)
        answer = said(server.url, request("GET", f"{turn}/events", version=version), half=True)
        assert b"event: message.completed" in answer

    def test_all_answers_of_a_pipeline_come(self, server: Running) -> None:
        answer = said(server.url, request("GET", "/health") * 3, half=True)
        assert answer.count(b"200 OK") == 3

    def test_a_message_is_taken_and_followed_to_its_end(self, server: Running, turn: str) -> None:
        body = json.dumps({"message": "Write a poem about fog."}).encode()
        sent = request("POST", f"/v1/sessions/{turn.split('/')[3]}/messages", body)
        assert b"event: message.completed" in said(server.url, sent, half=True)

    def test_a_request_that_was_cut_does_nothing(self, server: Running, client: httpx.Client, turn: str) -> None:
        files = f"/v1/sessions/{turn.split('/')[3]}/files"
        cut = request("PUT", f"{files}/cut.bin", b"x" * 1000)[:-500]
        assert said(server.url, cut, half=True) == b""
        assert said(server.url, cut[:40], half=True) == b""
        assert client.get(f"{files}/cut.bin").status_code == 404


LINE = b"X-Line: " + b"x" * 1000 + b"\r\n"
START = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = request("POST", "/v1/sessions", headers="Transfer-Encoding: chunked\r\n")


class TestHeadsThatNeverEnd:
    @pytest.mark.parametrize(
        "pieces",
        [
            [START, *[LINE] * 5000],
            [START, b"X-Long: ", *[b"x" * 1000] * 5000],
            [b"GET /", *[b"x" * 1000] * 5000],
            [START + LINE * 200 + b"\r\n"],
            [CHUNKED, b"2\r\n{}\r\n0\r\n", *[LINE] * 5000],
            [CHUNKED, b"2;", *[b"x" * 1000] * 5000],
        ],
        ids=["lines", "a line", "a path", "in one piece", "trailers", "an extension"],
    )
    def test_are_refused_before_a_key_is_looked_for(self, server: Running, pieces: list[bytes]) -> None:
        read: list[bytes] = []

        async def app(_: Scope, receive: Receive, __: Send) -> None:
            while (message := await receive())["type"] != "http.disconnect":
                read.append(message["body"])

        with listening(app) as url:
            assert b" 200 " not in said(url, *pieces)
        assert b"".join(read) in (b"", b"{}")

    def test_are_told_why(self, server: Running) -> None:
        answer = said(server.url, START, *[LINE] * (MOST_HEAD_BYTES // len(LINE) + 1))
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "too_large"

    def test_large_ones_and_large_bodies_are_none(self, server: Running, client: httpx.Client, turn: str) -> None:
        lines = "".join(f"X-{n}: {'x' * 900}\r\n" for n in range(60))
        assert b"200 OK" in said(server.url, request("GET", "/health", headers=f"{lines}Connection: close\r\n"))
        path = f"/v1/sessions/{turn.split('/')[3]}/files/large.bin"
        assert client.put(path, content=b"y" * 5_000_000).status_code == 201
        pieces = (b"z" * 100 for _ in range(20_000))
        assert client.put(path, content=pieces).status_code == 201

    @pytest.mark.parametrize(
        "wrong",
        ["Transfer-Encoding: gzip, chunked", "Transfer-Encoding: foo, chunked", "Host: elsewhere", "Host: localhost"],
    )
    def test_who_leaves_open_what_is_meant_is_refused(
        self, server: Running, client: httpx.Client, turn: str, wrong: str
    ) -> None:
        path = f"{turn.rpartition('/responses')[0]}/files/unclear.txt"
        coding = "" if "Transfer" in wrong else "Transfer-Encoding: chunked\r\n"
        close = f"{coding}Connection: close\r\n"
        head = request("PUT", path, headers=f"{wrong}\r\n{close}")
        answer = said(server.url, head, b"3\r\nabc\r\n0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 "), answer
        assert b"one Host, no Transfer-Encoding but chunked" in answer
        assert client.get(path).status_code == 404
        head = request("PUT", path, headers="TRANSFER-ENCODING: Chunked\r\nConnection: close\r\n")
        assert said(server.url, head, b"3\r\nabc\r\n0\r\n\r\n").startswith(b"HTTP/1.1 201 ")
        client.delete(path).raise_for_status()

    def test_a_host_is_needed_but_by_old_clients(self, server: Running) -> None:
        assert said(server.url, b"GET /health HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        assert b" 200 OK" in said(server.url, b"GET /health HTTP/1.0\r\n\r\n")

    def test_what_is_no_request_is_told_in_json(self, server: Running) -> None:
        head, _, body = said(server.url, b"\x16\x03\x01 hello\r\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert re.search(rb"\r\nx-request-id: req_[0-9a-f]{24}\r\n", head)
        assert json.loads(body)["error"] == "invalid_request"


async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
    app = FastAPI()
    errors.install(app, errors.Errors())

    @app.get("/")
    def broken() -> None:
        raise ZeroDivisionError

    await app(scope, receive, send)


def test_behind_what_broke_the_server_says_that_it_hangs_up() -> None:
    with listening(breaks) as url, httpx.Client(base_url=url, timeout=PATIENCE) as pool:
        for _ in range(5):
            answer = pool.get("/")
            assert (answer.status_code, answer.headers["connection"]) == (500, "close")


def follow(url: str, path: str, ends: list[bytes]) -> None:
    """Read a stream to its end, which httpx takes for none when the last chunk is missing."""
    with (
        httpx.Client(base_url=url, timeout=PATIENCE) as client,
        client.stream("GET", path, headers={"Accept": "text/event-stream"}) as stream,
    ):
        ends.append(stream.read())


class TestStopping:
    @pytest.fixture
    def slow(self, tmp_path: Path) -> Iterator[Served]:
        with served(tmp_path / "data", environ=SLOW) as server:
            yield server

    def test_every_stream_has_its_last_chunk_and_every_turn_goes_on(self, tmp_path: Path, slow: Served) -> None:
        ends: list[bytes] = []
        with slow.client() as client:
            job = client.post("/api/v1/runs", json={"prompt": TASK}).json()["job_id"]
            session = sse.new(client)
            wait = {"Prefer": "respond-async"}
            sent = client.post(f"/v1/sessions/{session}/messages", json={"message": TASK}, headers=wait)
            turn = sent.json()["response_id"]
            paths = [
                f"/v1/sessions/{session}/responses/{turn}/events",
                f"/v1/sessions/{session}/events",
                f"/api/v1/runs/{job}/stream",
            ]
            readers = [threading.Thread(target=follow, args=(slow.url, path, ends)) for path in paths * 3]
            for reader in readers:
                reader.start()
            assert holds(lambda: len(client.get(f"{paths[0]}?after=-1").json()["events"]) > 5)
            slow.process.send_signal(signal.SIGTERM)
            for reader in readers:
                reader.join(PATIENCE)
        assert slow.process.wait(PATIENCE) == 0
        assert len(ends) == len(readers), "a stream was cut within a chunk"
        with served(tmp_path / "data", environ={"WALKAWAY_REHEARSAL_DELAY": "0"}) as again, again.client() as client:
            events = sse.read(client.get(paths[0]))
            assert events[-1].event == "message.completed"
            assert [event.id for event in events] == list(range(len(events)))

    @pytest.mark.parametrize("leaves", [False, True])
    def test_a_long_poll_ends_without_a_word_in_the_log(self, tmp_path: Path, slow: Served, *, leaves: bool) -> None:
        answers: list[httpx.Response] = []
        asked = threading.Semaphore(0)
        with slow.client() as client:
            session = sse.new(client)
            path, before = f"/v1/sessions/{session}/events?wait=25", sockets(slow)

            def trace(event: str, _: object) -> None:
                if event == "http11.send_request_body.complete":
                    asked.release()

            def poll() -> None:
                with contextlib.suppress(httpx.ReadTimeout):
                    patience = 0.2 if leaves else PATIENCE
                    answers.append(slow.client().get(path, timeout=patience, extensions={"trace": trace}))

            polls = [threading.Thread(target=poll) for _ in range(3)]
            for each in polls:
                each.start()
            assert all(asked.acquire(timeout=PATIENCE) for _ in polls)
            client.get("/health")  # what is answered now was read after the polls
            if leaves:
                for each in polls:
                    each.join(PATIENCE)
            assert holds(lambda: sockets(slow) == before + len(polls))
            slow.process.send_signal(signal.SIGTERM)
            for each in polls:
                each.join(PATIENCE)
        assert slow.process.wait(PATIENCE) == 0
        log = (tmp_path / "data.log").read_text()
        assert ("ERROR" in log, "Traceback" in log) == (False, False), log
        assert [answer.status_code for answer in answers] == ([] if leaves else [503] * 3)

    def test_who_still_waits_is_told_to_come_again(self) -> None:
        asked, answers, ids = threading.Event(), list[httpx.Response](), list[str]()

        async def app(scope: Scope, receive: Receive, _: Send) -> None:
            ids.append(scope[request_ids.NAMED])
            asked.set()
            while (await receive())["type"] != "http.disconnect":
                pass

        with listening(request_ids.RequestIds(app)) as url:
            waiting = threading.Thread(target=lambda: answers.append(httpx.get(url, timeout=PATIENCE)))
            waiting.start()
            assert asked.wait(PATIENCE)
        waiting.join(PATIENCE)
        assert (answers[0].status_code, answers[0].headers["retry-after"]) == (503, "1")
        assert [answer.headers["x-request-id"] for answer in answers] == ids, "as the log names it"
