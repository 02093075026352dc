"""Calls that need a yes."""

from typing import Any

import httpx

from tests.kit.asking import Asking, error, no, output, time_call, yes
from tests.kit.messages_api import MessagesApi, call
from tests.kit.servers import Running
from walkaway_core.doors.run_tool import run_tool
from walkaway_core.store.ticket import Ticket


class TestApprovals:
    def test_a_yes_lets_the_tool_run(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(
            own, model, call("write_file", "toolu_w", path="a.txt", content="hello"), approve=["write_file"]
        )
        (waiting,) = asking.pending()
        assert (waiting["needs"], waiting["arguments"]) == ("approval", {"path": "a.txt", "content": "hello"})
        assert own.get(f"{asking.url}/files/a.txt").status_code == 404, "not before the yes"
        assert [asking.answer(yes("toolu_w")).status_code for _ in range(2)] == [200, 200]
        names = [event.event for event in asking.end()]
        assert (
            names.index("tool_call.requested") < names.index("tool_call.approved") < names.index("tool_use.executing")
        )
        assert own.get(f"{asking.url}/files/a.txt").text == "hello"
        assert error(asking.answer(no("toolu_w"))) == (409, "tool_call.answered")

    def test_a_no_is_told_to_the_model_with_its_reason(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, call("write_file", "toolu_w", path="a.txt", content="x"), approve=["write_file"])
        asking.pending()
        assert asking.answer(no("toolu_w", "Not in this folder.")).status_code == 200
        names = [event.event for event in asking.end()]
        assert "tool_use.executing" not in names
        assert asking.told() == [("The user does not allow this call. Not in this folder.", True)]
        assert own.get(f"{asking.url}/files/a.txt").status_code == 404
        assert error(asking.answer(no("toolu_w", "Another reason"))) == (409, "tool_call.answered")

    def test_nothing_but_a_yes_lets_it_run(self, own: httpx.Client, model: MessagesApi, scripted: Running) -> None:
        """Not even a worker that is told to: the ticket of a state is not what decides."""
        asking = Asking(own, model, call("write_file", "toolu_w", path="a.txt", content="x"), approve=["write_file"])
        asking.pending()
        services = scripted.stack.services
        forged = Ticket("alpha", asking.session, asking.turn, 1, 1, call=0)
        assert run_tool(services, forged.json())["next"] == "over"
        assert own.get(f"{asking.url}/files/a.txt").status_code == 404
        asking.answer(yes("toolu_w"))
        asking.end()
        assert own.get(f"{asking.url}/files/a.txt").text == "x"

    def test_server_tools_client_tools_and_approvals_meet_in_one_step(
        self, own: httpx.Client, model: MessagesApi
    ) -> None:
        asking = Asking(
            own,
            model,
            call("write_file", "toolu_yes", path="yes.txt", content="yes"),
            time_call(),
            call("list_files", "toolu_ours"),
            call("edit_file", "toolu_no", path="x", old="a", new="b"),
            approve=["write_file", "edit_file"],
        )
        asking.pending(3)
        done = [event["data"]["id"] for event in self.page(asking) if event["event"] == "tool_result"]
        assert done == ["toolu_ours"], "the server's own is done before the caller is asked"
        asking.answer(no("toolu_no"), yes("toolu_yes"))
        asking.answer(output("toolu_time", "12:04"))
        asking.end()
        said = [content for content, _ in asking.told()]
        assert len(said) == 4
        assert ("yes.txt" in said[0], said[1], said[3]) == (True, "12:04", "The user does not allow this call.")

    def page(self, asking: Asking) -> list[dict[str, Any]]:
        url = f"{asking.url}/responses/{asking.turn}/events"
        found: list[dict[str, Any]] = asking.client.get(url, params={"format": "json"}).json()["events"]
        return found
