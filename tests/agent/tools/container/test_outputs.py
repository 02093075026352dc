"""What a container gives out: files with ids, at once with the result of the call that has left them."""

import pytest

from tests.kit.benches import Bench
from walkaway_core.agent.tools.container import outputs
from walkaway_core.errors import FileNotFound
from walkaway_core.store import identified
from walkaway_core.store.kept import OUTPUT


def test_they_have_ids_with_the_result_and_a_new_one_where_they_change(own: Bench) -> None:
    made = own.begin(
        "bash", command="mkdir -p /mnt/session/outputs/d; cd /mnt/session/outputs; echo 1 > a.csv; echo x > d/b"
    )
    assert own.files() == []
    own.commit(made)
    first, second = own.files()
    assert [(each.name, each.media, each.purpose, each.scope) for each in (first, second)] == [
        ("a.csv", "text/csv", OUTPUT, own.key.session),
        ("b", "application/octet-stream", OUTPUT, own.key.session),
    ]
    assert (own.contents(first), first.size) == (b"1\n", 2)
    own.sh("touch a.csv; echo other > /workspace/x")
    assert own.files() == [first, second]
    own.use("write", file_path="/mnt/session/outputs/a.csv", content="2")
    kept, changed = own.files()
    assert (kept, own.contents(changed)) == (second, b"2")
    with pytest.raises(FileNotFound):
        identified.by_key(own.engine.services, "t", first.key)


def test_one_that_is_gone_from_the_container_is_still_there_and_one_that_was_deleted_stays_so(own: Bench) -> None:
    own.sh("cd /mnt/session/outputs; echo 1 > a; echo 2 > b; echo 3 > c")
    a, b, c = own.files()
    own.sh("rm a")
    identified.delete(own.engine.services, b)
    identified.delete(own.engine.services, c)
    own.sh("echo other > c")
    left, new = own.files()
    assert (left, own.contents(new)) == (a, b"other\n")


def test_what_a_transaction_does_not_hold_comes_with_the_next_one(own: Bench) -> None:
    told = own.sh("cd /mnt/session/outputs; for i in {1..40}; do echo $i > f$i; done; ln -s f1 link; mkfifo pipe")
    first = outputs.WRITES // outputs.NEW
    assert len(own.files()) == first
    assert "not given out yet" in told
    assert f"and {40 - first - outputs.SHOWN} more" in told
    assert "not given out" not in own.sh("true")
    assert sorted(own.contents(each) for each in own.files()) == sorted(
        f"{number}\n".encode() for number in range(1, 41)
    )


def test_of_a_call_whose_result_never_came_nothing_is_left(own: Bench) -> None:
    own.sh("echo 1 > /mnt/session/outputs/a")
    own.begin("bash", command="echo 2 > /mnt/session/outputs/a; echo 2 > /mnt/session/outputs/b")
    assert [own.contents(each) for each in own.files()] == [b"1\n"]
    own.engine.clock.time += 3600.0  # the worker counts as lost
    assert own.sh("cat /mnt/session/outputs/a; ls /mnt/session/outputs") == "1\na"
