"""Resources of a session: its own copies of files, where each is mounted, and what cannot be mounted."""

from functools import partial
from typing import Any

import anthropic
import httpx
import pytest

from tests.dialects.managed.test_file_routes import upload
from tests.kit.servers import Running
from walkaway_core.dialects.managed import ids, resources
from walkaway_core.dialects.managed.problems import Refusal
from walkaway_core.engine import creating, deleting
from walkaway_core.errors import Unavailable
from walkaway_core.ports.items import Refused
from walkaway_core.store import identified, mounts, sessions
from walkaway_core.store.kept import root
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.transaction import Transaction

UPLOADS = "/mnt/session/uploads"


@pytest.fixture
def key(server: Running) -> SessionKey:
    """A session of the alpha tenant."""
    options = sessions.options({"model": "rehearsal", "persistent": True})
    return creating.create(server.stack.services, "alpha", options, {}).key


@pytest.fixture
def session(key: SessionKey) -> str:
    """Its id, as this dialect names it."""
    return ids.session(key.session)


def add(sdk: Any, session: str, file: str, path: str | None = None) -> Any:
    more = {} if path is None else {"mount_path": path}
    return sdk.beta.sessions.resources.add(session, type="file", file_id=file, **more)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (None, UPLOADS + "/{file}"),
        ("data.csv", UPLOADS + "/data.csv"),
        ("a/b/data.csv", UPLOADS + "/a/b/data.csv"),
        ("/uploads/data.csv", UPLOADS + "/data.csv"),
        ("/workspace/in/data.csv", "/workspace/in/data.csv"),
        ("/mnt/user-data/da ta é.csv", "/mnt/user-data/da ta é.csv"),
        ("/data/x", "/data/x"),
    ],
)
def test_a_file_is_mounted_where_it_was_said(sdk: Any, session: str, path: str | None, place: str) -> None:
    file = upload(sdk).id
    made = add(sdk, session, file, path)
    assert (made.type, made.mount_path) == ("file", place.format(file=file))
    assert sdk.beta.sessions.resources.retrieve(made.id, session_id=session) == made
    assert list(sdk.beta.sessions.resources.list(session)) == [made]


def test_the_copy_is_the_sessions_own(sdk: Any, session: str) -> None:
    file = upload(sdk, data=b"abc")
    made = add(sdk, session, file.id, "data.csv")
    sdk.beta.files.delete(file.id)
    assert made.file_id != file.id
    [copy] = sdk.beta.files.list(scope_id=session)
    assert (copy.id, copy.filename, copy.mime_type, copy.downloadable) == (made.file_id, "data.csv", "text/csv", False)
    assert copy.scope.to_dict() == {"type": "session", "id": session}
    assert sdk.beta.files.download(copy.id).read() == b"abc"


@pytest.mark.parametrize("by", ["resource", "file", "other dialect"])
def test_what_is_deleted_is_unmounted_and_its_copy_gone(sdk: Any, client: httpx.Client, session: str, by: str) -> None:
    made = add(sdk, session, upload(sdk).id)
    if by == "resource":
        gone = sdk.beta.sessions.resources.delete(made.id, session_id=session)
        assert gone.to_dict() == {"id": made.id, "type": "session_resource_deleted"}
    elif by == "file":
        sdk.beta.files.delete(made.file_id)
    else:
        assert client.delete(f"/v1/files/{made.file_id}").status_code == 200
    for ask in (sdk.beta.sessions.resources.retrieve, sdk.beta.sessions.resources.delete):
        with pytest.raises(anthropic.NotFoundError, match=made.id):
            ask(made.id, session_id=session)
    with pytest.raises(anthropic.NotFoundError):
        sdk.beta.files.download(made.file_id)
    assert list(sdk.beta.files.list(scope_id=session)) == list(sdk.beta.sessions.resources.list(session)) == []


def test_lists_go_on_page_by_page(sdk: Any, session: str) -> None:
    file = upload(sdk).id
    made = [add(sdk, session, file, f"{number}.csv").id for number in range(3)]
    assert [each.id for each in sdk.beta.sessions.resources.list(session, limit=2)] == made
    assert sdk.beta.sessions.resources.list(session).next_page is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "github_repository", "url": "https://x"}, "type: repositories are not mounted here"),
        ({"type": "memory_store", "memory_store_id": "x"}, "type: there are no memory stores"),
        ({"type": "folder"}, "type: 'folder' is none"),
        ({"type": "file"}, "file_id: say which file"),
        ({"type": "file", "file_id": 5}, "file_id"),
        ({"type": "file", "mount_path": 5}, "mount_path"),
        ({"type": "file", "branch": "x"}, "branch: a resource of the type file has no such field"),
        ({"type": "file", "": 1}, "a resource of the type file has no such field"),
        ({"type": "file", "mount_path": ""}, "mount_path: "),
        ({"type": "file", "mount_path": "/"}, "mount_path: "),
        ({"type": "file", "mount_path": "/workspace"}, "mount_path: "),
        ({"type": "file", "mount_path": "../../etc/passwd"}, "mount_path: "),
        ({"type": "file", "mount_path": "/workspace/../etc/passwd"}, "mount_path: "),
        ({"type": "file", "mount_path": "/etc/passwd"}, "mount_path: "),
        ({"type": "file", "mount_path": "/mnt/session/outputs/x"}, "mount_path: "),
        ({"type": "file", "mount_path": "a\x00b"}, "mount_path: "),
        ({"type": "file", "mount_path": "a\u202eb"}, "mount_path: "),
        ({"type": "file", "mount_path": "a" * 256}, "mount_path: "),
    ],
)
def test_what_cannot_be_mounted_is_refused_by_its_field(
    client: httpx.Client, sdk: Any, session: str, given: dict[str, Any], said: str
) -> None:
    body = {"file_id": upload(sdk).id, **given} if len(given) > 1 and given["type"] == "file" else given
    headers = {"anthropic-version": "2023-06-01"}
    answer = client.post(f"/v1/sessions/{session}/resources", json=body, headers=headers)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]
    assert list(sdk.beta.files.list(scope_id=session)) == []


@pytest.mark.parametrize("second", ["data.csv", "data.csv/x", "/mnt/session/uploads/data.csv"])
def test_two_files_are_not_mounted_at_one_place(sdk: Any, session: str, second: str) -> None:
    file = upload(sdk).id
    add(sdk, session, file, "data.csv")
    with pytest.raises(anthropic.BadRequestError, match=r"mount_path: .* give one of them another mount_path"):
        add(sdk, session, file, second)
    assert len(list(sdk.beta.files.list(scope_id=session))) == 1


@pytest.mark.parametrize("second", ["data.csv", "data.csv/x", "other.csv"])
def test_of_two_files_at_once_each_sees_the_other(
    sdk: Any, session: str, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    file, copied = upload(sdk).id, resources._copied

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(resources, "_copied", copied)
        add(sdk, session, file, "data.csv")
        return copied(*given)

    monkeypatch.setattr(resources, "_copied", meanwhile)
    if beside := second == "other.csv":
        add(sdk, session, file, second)
    else:
        with pytest.raises(anthropic.BadRequestError, match=r"cannot be mounted beside|has a file already"):
            add(sdk, session, file, second)
    assert len(list(sdk.beta.files.list(scope_id=session))) == 1 + beside


@pytest.mark.parametrize("begins", [False, True])
def test_a_session_begins_with_a_hundred_files_and_no_more(sdk: Any, *, begins: bool) -> None:
    file, agent = upload(sdk, data=b"abc").id, sdk.beta.agents.create(name="Reader", model="rehearsal")
    given = [{"type": "file", "file_id": file, "mount_path": f"{number}.csv"} for number in range(100)]
    said = [{"type": "user.message", "content": [{"type": "text", "text": "Hi"}]}] if begins else []
    asked = {"agent": agent.id, "environment_id": sdk.beta.environments.create(name="Here").id, "initial_events": said}
    session = sdk.beta.sessions.create(resources=given, **asked).id
    there = list(sdk.beta.sessions.resources.list(session))
    assert sorted(each.mount_path for each in there) == sorted(f"{UPLOADS}/{number}.csv" for number in range(100))
    assert {each.file_id for each in there} == {each.id for each in sdk.beta.files.list(scope_id=session, limit=1000)}
    assert sdk.beta.files.download(there[-1].file_id).read() == b"abc"
    with pytest.raises(anthropic.BadRequestError, match="up to 100 resources; there would be 101"):
        add(sdk, session, file, "more.csv")


def test_a_list_of_a_new_session_is_refused_by_the_place_in_it(server: Running, sdk: Any) -> None:
    file = upload(sdk).id
    one = {"type": "file", "file_id": file, "mount_path": "a"}
    for given, said in (
        ([one, one], r"resources\[1\]\.mount_path: "),
        ([one, {"type": "memory_store"}], r"resources\[1\]\.type: "),
        ([one] * 101, "resources: a session has up to 100"),
    ):
        with pytest.raises(Refusal, match=said):
            resources.asked(server.stack.services, "alpha", given, name="resources")


@pytest.mark.parametrize("by", ["who made it", "who looks later"])
def test_what_is_mounted_for_a_session_that_does_not_come_to_be_is_removed(server: Running, sdk: Any, by: str) -> None:
    services, key = server.stack.services, SessionKey("alpha", "sess_" + "1" * 24)
    wanted = resources.asked(services, "alpha", [{"type": "file", "file_id": upload(sdk).id}])
    prepared = resources.prepare(services, key, wanted)
    [mounted], watch = mounts.listing(services, key), prepared.watch
    assert watch
    if by == "who made it":
        prepared.forget()
    else:
        deleting.purge(services, key, watch, services.clock.monotonic() + 9)
    assert mounts.listing(services, key) == []
    assert identified.listing(services, "alpha", limit=9, newest_first=True, scope=key.session) == ([], False)
    assert not services.workspace.stat(root("alpha"), mounted.file)
    assert not [item for item in _due(server) if key.session in item.sk]


def test_a_session_does_not_come_to_be_whose_files_are_being_removed(server: Running, sdk: Any) -> None:
    services, key = server.stack.services, SessionKey("alpha", "sess_" + "2" * 24)
    wanted = resources.asked(services, "alpha", [{"type": "file", "file_id": upload(sdk).id}])
    prepared = resources.prepare(services, key, wanted)
    prepared.check()
    assert prepared.watch
    deleting.purge(services, key, prepared.watch, services.clock.monotonic() - 1)  # as far as a step goes
    tx = Transaction(services.table)
    prepared.along(tx)
    with pytest.raises(Refused):
        tx.commit()
    with pytest.raises(Unavailable, match="took too long"):
        prepared.check()
    [watch] = [item.key for item in _due(server) if key.session in item.sk]
    deleting.purge(services, key, watch, services.clock.monotonic() + 9)
    assert not [item for item in _due(server) if key.session in item.sk]


def test_a_session_that_comes_to_be_while_somebody_looks_keeps_its_files(
    server: Running, sdk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = server.stack.services
    key = SessionKey("alpha", services.ids.new("sess_"))
    wanted = resources.asked(services, "alpha", [{"type": "file", "file_id": upload(sdk).id}])
    prepared = resources.prepare(services, key, wanted)
    moved = deleting._moved

    def late(*asked: Any) -> Any:
        creating.create(services, "alpha", sessions.options({}), {}, prepared.along, name=key.session)
        return moved(*asked)

    monkeypatch.setattr(deleting, "_moved", late)
    assert prepared.watch
    deleting.purge(services, key, prepared.watch, services.clock.monotonic() + 9)
    [mounted] = mounts.listing(services, key)
    assert services.workspace.stat(root("alpha"), mounted.file)


def test_nothing_is_mounted_in_a_session_that_is_not_there(sdk: Any, stranger_sdk: Any, session: str) -> None:
    file, strangers = upload(sdk).id, upload(stranger_sdk).id
    for who, where, what in (
        (sdk, "sesn_" + "0" * 24, file),
        (sdk, "sess_x", file),
        (stranger_sdk, session, strangers),
        (sdk, session, strangers),
        (sdk, session, "file_x"),
    ):
        with pytest.raises(anthropic.NotFoundError):
            add(who, where, what)


def test_an_archived_session_keeps_what_it_has(sdk: Any, session: str) -> None:
    file = upload(sdk).id
    made = add(sdk, session, file)
    sdk.beta.sessions.archive(session)
    for ask in (
        partial(add, sdk, session, file, "more.csv"),
        partial(sdk.beta.sessions.resources.delete, made.id, session_id=session),
    ):
        with pytest.raises(anthropic.BadRequestError, match="archived: it can be read, and nothing else"):
            ask()
    with pytest.raises(anthropic.BadRequestError, match="archived: it can be read"):
        sdk.beta.files.delete(made.file_id)
    assert list(sdk.beta.sessions.resources.list(session)) == [made]


def test_a_token_is_refused(sdk: Any, session: str) -> None:
    made = add(sdk, session, upload(sdk).id)
    with pytest.raises(anthropic.BadRequestError, match="authorization_token: a file has no token"):
        sdk.beta.sessions.resources.update(made.id, session_id=session, authorization_token="x")


def test_a_repetition_mounts_nothing_twice(sdk: Any, session: str) -> None:
    file = upload(sdk).id
    first = add(sdk, session, file, "a")
    ask = sdk.beta.sessions.resources.add
    again = ask(session, type="file", file_id=file, mount_path="a", extra_headers={"x-stainless-retry-count": "1"})
    assert again == first
    assert len(list(sdk.beta.sessions.resources.list(session))) == 1


def _due(server: Running) -> list[Any]:
    table = server.stack.services.table
    return [item for number in range(16) for item in table.query(f"SYS#DUE#{number:02}").items]
