"""PyPI agentserviceapi 0.1.0, unchanged, over a socket: runs with files, in forms and uploaded first."""

import asyncio
import base64
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from agentsapi import AgentServiceAPIClient
from agentsapi.models.agent_execution_updates import AgentGraphRunStatusResponse

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.workflows import stands, told

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32

THIRD = b'\r\n--edge\r\nContent-Disposition: form-data; name="file_3"; filename="c"\r\n\r\nc\r\n--edge--'


class TestFiles:
    @pytest.mark.parametrize(
        ("files", "data"),
        [
            ({"file_2x": b"x"}, {}),
            ({}, {"file_1": "not a file"}),
            ({"file_1": b"x"}, {"inputs": "{", "environment": "test"}),
            ({"file_1": b"x"}, {"inputs": "{}", "environment": "nowhere"}),
        ],
    )
    def test_forms_that_do_not_fit(self, http: httpx.Client, agent: str, files: Any, data: Any) -> None:
        path = f"/api/workflow/execute/{agent}/with-files" if "inputs" in data else "/api/workflow/upload-run-input"
        answer = http.post(path, files=files or None, data=data)
        assert answer.status_code == 400, answer.text
        assert answer.json()["detail"]["code"] == "invalid_request"

    @pytest.mark.parametrize(
        ("name", "stored"),
        [
            ("漢" * 86 + ".txt", "漢" * 83 + ".txt"),
            ("\U000103a0" * 200, "\U000103a0" * 63),
            ("ü" * 300 + ".tar.gz", "ü" * 97 + ".gz"),
            ("a\u202egpj.exe", "a_gpj.exe"),
            ("\x9b31m.txt", "_31m.txt"),
        ],
        ids=["three bytes a letter", "four bytes a letter", "two endings", "turned around", "C1"],
    )
    def test_a_files_name_is_cut_to_what_a_name_may_be(self, http: httpx.Client, name: str, stored: str) -> None:
        answer = http.post("/api/workflow/upload-run-input", files={"file_1": (name, b"x")})
        assert answer.status_code == 200, answer.text
        assert answer.json()["reference"].rpartition("/")[2] == stored

    def test_a_file_in_the_place_of_their_folder_is_named(self, http: httpx.Client, agent: str) -> None:
        files = f"/v1/sessions/{http.post('/v1/sessions', json={}).json()['id']}/files"
        for folder in http.get(f"{files}/inputs").json() if http.get(f"{files}/inputs").is_success else []:
            for entry in http.get(f"{files}/inputs/{folder['name']}").json():
                http.delete(f"{files}/inputs/{folder['name']}/{quote(entry['name'])}")
        assert http.put(f"{files}/inputs", content=b"mine").status_code == 201
        try:
            for path in ("upload-run-input", f"execute/{agent}/with-files"):
                answer = http.post(f"/api/workflow/{path}", files={"file_1": ("a.txt", b"x")})
                assert answer.status_code == 409, answer.text
                assert "inputs/in_" in answer.json()["detail"]["message"]
        finally:
            http.delete(f"{files}/inputs")

    @pytest.mark.parametrize("name", ["..", "a\0b", "a\x1b[2J", "x" * 1000, "\ufffd"])
    def test_a_text_that_only_looks_like_a_reference_is_a_text(
        self, http: httpx.Client, model: MessagesApi, agent: str, name: str
    ) -> None:
        like = f"inputs/in_{'0' * 24}/{name}"
        asked = {"inputs": {"strings": {"1": like}}}
        model.replies = [Reply([text("I see")])]
        task = http.post(f"/api/workflow/execute/{agent}", json=asked)
        assert task.status_code == 200, task.text
        http.get(f"/api/agent/{agent}/status/{task.json()['task_id']}/events")  # to its end
        assert model.requests[-1]["messages"][0]["content"][-1]["text"] == like

    @pytest.mark.parametrize(
        "charset", ["idna", "punycode", "undefined", "raw_unicode_escape", "unicode_escape", "hex"]
    )
    @pytest.mark.parametrize("route", ["upload-run-input", "execute/AGENT/with-files"])
    def test_a_form_in_a_charset_that_is_none(self, http: httpx.Client, agent: str, charset: str, route: str) -> None:
        about = b'Content-Disposition: form-data; name="file_1"; filename="\\ud83c xn--\xff.txt"'
        part = b"--b\r\n" + about + b"\r\n\r\nx\r\n--b--\r\n"
        kind = f"multipart/form-data; boundary=b; charset={charset}"
        path = f"/api/workflow/{route.replace('AGENT', agent)}"
        answer = http.post(path, content=part, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["detail"]["code"]) == (400, "invalid_request")
        assert charset in answer.json()["detail"]["message"]
        assert (
            http.post(path, content=part, headers={"Content-Type": kind.partition("; charset")[0]}).status_code == 200
        )

    @pytest.mark.parametrize("field", ["inputs", "metadata"])
    @pytest.mark.parametrize(
        ("value", "why"),
        [
            ("[" * 65 + "]" * 65, "deeper"),
            ("[" * 100_000 + "]" * 100_000, "deeper"),
            ('{"a": 1e999}', "number"),
            ('{"a": NaN}', "number"),
            ('{"a": "\\ud83c"}', "surrogate"),
            ('{"strings": {"\\ud83c": "x"}}', "surrogate"),
            ("{", "not JSON"),
        ],
    )
    def test_fields_of_a_form_pass_the_same_gate(
        self, http: httpx.Client, agent: str, field: str, value: str, why: str
    ) -> None:
        answer = http.post(f"/api/workflow/execute/{agent}/with-files", files={"file_1": b"x"}, data={field: value})
        assert answer.status_code == 400, answer.text
        assert f"The form field {field}" in answer.json()["detail"]["message"]
        assert why in answer.json()["detail"]["message"]
        assert len(answer.content) < 4096
        assert http.get(f"/api/agent/{agent}/runs").json() == {"runs": []}

    @pytest.mark.parametrize("path", ["/api/workflow/execute/{agent}/with-files", "/api/workflow/upload-run-input"])
    @pytest.mark.parametrize(
        ("end", "word"),
        [
            (b"", "cut off"),
            (b"\r\n", "cut off"),
            (b"\r\n--edge", "cut off"),
            (b'\r\n--edge\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{}', "cut off"),
            (THIRD, "file_3"),
            (THIRD.replace(b"file_3", b"file_1"), "file_1"),
        ],
    )
    def test_of_half_a_form_nothing_is_begun_or_kept(
        self, http: httpx.Client, agent: str, path: str, end: bytes, word: str
    ) -> None:
        body = b'--edge\r\nContent-Disposition: form-data; name="file_1"; filename="a.txt"\r\n\r\nabc' + end
        begun, kept = len(http.get(f"/api/agent/{agent}/runs").json()["runs"]), self.kept(http)
        kind = {"Content-Type": "multipart/form-data; boundary=edge"}
        answer = http.post(path.replace("{agent}", agent), content=body, headers=kind)
        assert answer.status_code == 400, answer.text
        assert word in answer.json()["detail"]["message"]
        assert (len(http.get(f"/api/agent/{agent}/runs").json()["runs"]), self.kept(http)) == (begun, kept)

    @pytest.mark.parametrize(
        ("called", "data", "status"),
        [
            ("nobody", {}, 404),
            ("agent", {"inputs": '{"images": {"1": "https://example.com/a.png"}}'}, 400),
            ("agent", {"inputs": '{"images": {"1": "nowhere.png"}}'}, 400),
            ("agent", {"inputs": '{"images": {"1": "data:image/png;base64,AAAA"}}'}, 400),
            ("agent", {"environment": "nowhere"}, 400),
            ("agent", {"metadata": '{"large": "' + "m" * 20_000 + '"}'}, 413),
        ],
        ids=["no agent", "an address", "no file", "no image", "no environment", "too much metadata"],
    )
    def test_a_task_that_is_refused_keeps_no_file(
        self, http: httpx.Client, agent: str, called: str, data: Any, status: int
    ) -> None:
        before = self.names(http)
        files = {"file_1": ("a.txt", b"a"), "file_2": ("b.txt", b"b")}
        path = f"/api/workflow/execute/{called.replace('agent', agent)}/with-files"
        answer = http.post(path, files=files, data=data)
        assert answer.status_code == status, answer.text
        assert self.names(http) == before

    @pytest.mark.parametrize("name", ["inputs", "environment", "metadata", "file_1", "file_2"])
    @pytest.mark.parametrize("route", ["upload-run-input", "execute/AGENT/with-files"])
    @pytest.mark.parametrize("kind", ["text", "file"])
    def test_a_field_that_is_there_twice_is_refused_by_name(
        self, http: httpx.Client, agent: str, name: str, route: str, kind: str
    ) -> None:
        about = f'Content-Disposition: form-data; name="{name}"'
        text = "test" if name == "environment" else "{}"
        first = about + ('; filename="a.txt"' if name in ("file_1", "file_2") else "")
        second = about + ('; filename="b.txt"' if kind == "file" else "")
        before, begun = self.names(http), http.get(f"/api/agent/{agent}/runs").json()
        parts = "".join(f"--edge\r\n{head}\r\n\r\n{text}\r\n" for head in (first, second))
        answer = http.post(
            f"/api/workflow/{route.replace('AGENT', agent)}",
            content=f"{parts}--edge--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=edge"},
        )
        assert answer.status_code == 400, answer.text
        assert f"The form field {name} is there more than once" in answer.json()["detail"]["message"]
        assert (self.names(http), http.get(f"/api/agent/{agent}/runs").json()) == (before, begun)

    def names(self, http: httpx.Client) -> list[str]:
        """The names of all folders of uploads that are kept."""
        session = http.post("/v1/sessions", json={}).json()["id"]
        answer = http.get(f"/v1/sessions/{session}/files", params={"path": "inputs"})
        return [entry["name"] for entry in answer.json()] if answer.is_success else []

    def kept(self, http: httpx.Client) -> int:
        """How many uploads are kept."""
        session = http.post("/v1/sessions", json={}).json()["id"]
        answer = http.get(f"/v1/sessions/{session}/files", params={"path": "inputs"})
        return len(answer.json()) if answer.is_success else 0

    def test_a_run_with_files(self, client: AgentServiceAPIClient, model: MessagesApi, agent: str) -> None:
        model.replies = [Reply([text("Seen.")])]
        asked = len(model.requests)

        async def go() -> dict[str, Any]:
            started = await client.execute_agent_with_files(
                agent, (PNG, "chart.png"), (b"a,b\n1,2\n", "../odd/näme.csv"), {"3": "Compare them"}, metadata={"n": 1}
            )
            return await stands(client, agent, started.task_id, "completed")

        assert asyncio.run(go())["status"] == "completed"
        content = model.requests[asked]["messages"][0]["content"]
        assert [block["type"] for block in content] == ["image", "text"]
        assert "chart.png" in content[1]["text"]
        assert "Input 3:\nCompare them" in content[1]["text"]
        assert content[1]["text"].count("/opt/sandbox/workspace/inputs/in_") == 2

    def test_files_that_are_uploaded_first(
        self, client: AgentServiceAPIClient, http: httpx.Client, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply([call("read_file", path="notes.txt")]), Reply([text("Seen.")])]

        async def go() -> AgentGraphRunStatusResponse:
            one = await client.upload_run_input_file(b"remember the milk", "notes.txt")
            two = await client.upload_run_input_file(PNG, "a.png", b"%PDF-1.7 nothing", "b.pdf")
            assert one.reference
            assert two.references
            assert set(two.references) == {"1", "2"}
            model.replies[0] = Reply([call("read_file", path=one.reference)])
            return await client.run_agent(
                agent, {"1": one.reference}, {"1": two.references["1"], "2": base64.b64encode(PNG).decode()}
            )

        assert asyncio.run(go()).status == "completed"
        assert "remember the milk" in told(model)[0][0]
        kinds = [block["type"] for block in model.requests[-1]["messages"][0]["content"]]
        assert kinds == ["image", "image", "text"], "by its reference, and in base64"

    @pytest.mark.parametrize(
        ("inputs", "about"),
        [
            ({"images": {"1": "https://example.com/a.png"}}, "upload the image"),
            ({"images": {"1": 7}}, "images.1"),
            ({"images": {"1": "data:image/png;base64,AAAA"}}, "not image/png"),
            ({"images": {"1": "nowhere.png"}}, "nowhere.png"),
        ],
    )
    def test_images_that_are_none(self, http: httpx.Client, agent: str, inputs: Any, about: str) -> None:
        answer = http.post(f"/api/workflow/execute/{agent}", json={"inputs": inputs})
        assert answer.status_code == 400
        assert about in answer.json()["detail"]["message"]
