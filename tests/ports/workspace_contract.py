"""What every Workspace must do: one check for each sentence of the port's docstrings."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from walkaway_core.ports.workspace import Changed, NotAFile, Workspace

ContractCheck = Callable[[Workspace], None]

ROOT = "tenant/files"


def whole(workspace: Workspace, path: str, root: str = ROOT) -> bytes | None:
    chunks = workspace.read(root, path)
    return None if chunks is None else b"".join(chunks)


def names(workspace: Workspace, path: str = "", root: str = ROOT) -> list[str] | None:
    found = workspace.listing(root, path)
    return None if found is None else [entry.name for entry in found]


def below(workspace: Workspace, path: str = "", after: str = "", limit: int = 9) -> list[str]:
    return [each.name for each in workspace.below(ROOT, path, after, limit)]


def stat_describes_files_and_directories(workspace: Workspace) -> None:
    workspace.write(ROOT, "a/b.txt", [b"12", b"345"])
    found = workspace.stat(ROOT, "a/b.txt")
    assert found
    assert (found.name, found.is_directory, found.size) == ("b.txt", False, 5)
    assert found.modified > 1_600_000_000
    assert found.version
    folder = workspace.stat(ROOT, "a")
    assert folder
    assert (folder.name, folder.is_directory, folder.version) == ("a", True, "")
    assert workspace.stat(ROOT, "a/c") is None
    assert workspace.stat(ROOT, "a/b.txt/c") is None


def the_root_is_always_there(workspace: Workspace) -> None:
    found = workspace.stat("nobody/files", "")
    assert found
    assert found.is_directory
    assert workspace.listing("nobody/files", "") == []
    assert workspace.read("nobody/files", "") is None


def listing_gives_a_directorys_own_entries_by_name(workspace: Workspace) -> None:
    for path in ("b.txt", "a/deep/file", "a/x", "C"):
        workspace.write(ROOT, path, [b"x"])
    assert names(workspace) == ["C", "a", "b.txt"]
    assert names(workspace, "a") == ["deep", "x"]
    found = workspace.listing(ROOT, "a")
    assert found
    assert [entry.is_directory for entry in found] == [True, False]
    assert names(workspace, "nothing") is None
    assert names(workspace, "b.txt") is None


def read_gives_the_bytes_of_a_range(workspace: Workspace) -> None:
    data = bytes(range(256)) * 4096
    workspace.write(ROOT, "big", [data])
    assert whole(workspace, "big") == data
    for start, end in ((0, 10), (1_000_000, None), (255, 257), (5, 5), (700_000, 2_000_000)):
        chunks = workspace.read(ROOT, "big", start, end)
        assert chunks is not None
        assert b"".join(chunks) == data[start:end]
    assert workspace.read(ROOT, "nothing") is None
    workspace.write(ROOT, "folder/file", [b""])
    assert workspace.read(ROOT, "folder") is None
    assert whole(workspace, "folder/file") == b""


def a_file_replaced_while_it_is_read_is_read_as_it_was(workspace: Workspace) -> None:
    workspace.write(ROOT, "f", [b"a" * 3_000_000])
    chunks = workspace.read(ROOT, "f")
    assert chunks is not None
    first = next(chunks)
    workspace.write(ROOT, "f", [b"b"])
    assert first + b"".join(chunks) == b"a" * 3_000_000


def write_puts_the_whole_file_there_or_nothing(workspace: Workspace) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"half"
        assert whole(workspace, "f") == b"old"
        assert names(workspace) == ["f"]
        raise ConnectionError

    workspace.write(ROOT, "f", [b"old"])
    with pytest.raises(ConnectionError):
        workspace.write(ROOT, "f", breaks())
    assert whole(workspace, "f") == b"old"
    assert names(workspace) == ["f"]


def write_makes_parents_and_tells_what_is_there(workspace: Workspace) -> None:
    info = workspace.write(ROOT, "x/y/z", [b"123"])
    assert (info.name, info.size, info.is_directory) == ("z", 3, False)
    assert info == workspace.stat(ROOT, "x/y/z")


def a_version_changes_with_the_contents(workspace: Workspace) -> None:
    seen = {workspace.write(ROOT, "f", [bytes([n])]).version for n in range(20)}
    assert len(seen) == 20


def write_with_a_version_replaces_only_that_version(workspace: Workspace) -> None:
    first = workspace.write(ROOT, "f", [b"1"], version="")
    with pytest.raises(Changed):
        workspace.write(ROOT, "f", [b"2"], version="")
    second = workspace.write(ROOT, "f", [b"3"], version=first.version)
    with pytest.raises(Changed):
        workspace.write(ROOT, "f", [b"4"], version=first.version)
    assert whole(workspace, "f") == b"3"
    workspace.delete(ROOT, "f")
    with pytest.raises(Changed):
        workspace.write(ROOT, "f", [b"5"], version=second.version)
    assert whole(workspace, "f") is None


def of_many_conditional_writers_one_wins(workspace: Workspace) -> None:
    first = workspace.write(ROOT, "f", [b"start"])

    def race(number: int) -> bool:
        try:
            workspace.write(ROOT, "f", [str(number).encode()], version=first.version)
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = [number for number, win in enumerate(pool.map(race, range(32))) if win]
    assert len(won) == 1
    assert whole(workspace, "f") == str(won[0]).encode()


def write_refuses_where_something_else_is_in_the_way(workspace: Workspace) -> None:
    workspace.write(ROOT, "folder/file", [b"x"])
    for path in ("folder", "folder/file/below"):
        with pytest.raises(NotAFile):
            workspace.write(ROOT, path, [b"y"])
    assert whole(workspace, "folder/file") == b"x"


def delete_removes_a_file_and_the_directories_that_become_empty(workspace: Workspace) -> None:
    workspace.write(ROOT, "a/b/c", [b"x"])
    workspace.write(ROOT, "a/d", [b"x"])
    assert workspace.delete(ROOT, "a/b") is False
    assert workspace.delete(ROOT, "a/b/c") is True
    assert workspace.delete(ROOT, "a/b/c") is False
    assert names(workspace, "a") == ["d"]
    workspace.delete(ROOT, "a/d")
    assert names(workspace) == []


def delete_with_a_version_deletes_only_that_version(workspace: Workspace) -> None:
    old = workspace.write(ROOT, "a", [b"1"]).version
    new = workspace.write(ROOT, "a", [b"23"]).version
    with pytest.raises(Changed):
        workspace.delete(ROOT, "a", version=old)
    assert whole(workspace, "a") == b"23"
    assert workspace.delete(ROOT, "a", version=new) is True
    assert workspace.delete(ROOT, "a", version=new) is False


def roots_do_not_see_each_other(workspace: Workspace) -> None:
    workspace.write("one/files", "f", [b"1"])
    workspace.write("one/bodies", "f", [b"2"])
    workspace.write("two/files", "g", [b"3"])
    assert names(workspace, root="one/files") == ["f"]
    assert whole(workspace, "f", root="one/files") == b"1"
    assert whole(workspace, "f", root="two/files") is None


def any_clean_name_works(workspace: Workspace) -> None:
    for name in ("with space", "ünï-😀", "a'b\"c", "100%", "x" * 255, "-rf", "a;b&c", ".hidden", "~"):
        workspace.write(ROOT, name, [name.encode()])
        assert whole(workspace, name) == name.encode()
        assert names(workspace) == [name]
        workspace.delete(ROOT, name)


def listing_passes_over_what_no_path_leads_to(workspace: Workspace) -> None:
    for name in ("new\nline", "bell\x07", "\ufffd", "deep/esc\x1b[2J/f"):
        workspace.write(ROOT, name, [b"by hand"])
    assert names(workspace) == ["deep"]
    assert names(workspace, "deep") == []
    workspace.write(ROOT, "good", [b"x"])
    assert names(workspace) == ["deep", "good"]


def names_that_could_be_written_once_are_listed_and_deleted(workspace: Workspace) -> None:
    for name in ("\x9b31m", "\x85", "a\u2028b", "\u202etxt.exe", "\ufeffbom", "👩\u200d👧"):
        workspace.write(ROOT, name, [b"old"])
        assert names(workspace) == [name]
        assert whole(workspace, name) == b"old"
        assert workspace.delete(ROOT, name)


def below_lists_files_by_the_bytes_of_their_paths(workspace: Workspace) -> None:
    every = ["a-b/x", "a/b/c", "a/z", "a0", "é", "\ue000", "😀"]
    for path in reversed(every):
        workspace.write(ROOT, path, [path.encode()])
    assert below(workspace) == every
    assert below(workspace, limit=2) == every[:2]
    for at, path in enumerate(every):
        assert below(workspace, after=path) == every[at + 1 :]
    assert below(workspace, after="a") == every
    assert below(workspace, "a") == ["a/b/c", "a/z"]
    assert below(workspace, "a", after="a/b/c") == ["a/z"]
    assert below(workspace, "a/z") == below(workspace, "nothing") == []
    assert [each.size for each in workspace.below(ROOT, "a", "", 9)] == [5, 3]
    workspace.write(ROOT, "a/esc\x1b[2J/f", [b"by hand"])
    assert below(workspace, "a") == ["a/b/c", "a/z"]


def hashed_describes_files_with_what_they_are(workspace: Workspace) -> None:
    workspace.write(ROOT, "a/x", [b"o", b"k"])
    workspace.write(ROOT, "y", [])
    of_x, of_y, nothing, folder, top = workspace.hashed(ROOT, ["a/x", "y", "z", "a", ""])
    assert (nothing, folder, top) == (None, None, None)
    assert of_x == workspace.stat(ROOT, "a/x")
    assert of_x
    assert of_y
    assert of_x.sha256 == hashlib.sha256(b"ok").hexdigest()
    assert of_y.sha256 == hashlib.sha256(b"").hexdigest()
    for text in (b"ko", b"other"):
        workspace.write(ROOT, "a/x", [text])
        (again,) = workspace.hashed(ROOT, ["a/x"])
        assert again
        assert again.sha256 == hashlib.sha256(text).hexdigest()


def writers_and_deleters_in_one_directory_do_not_disturb_each_other(workspace: Workspace) -> None:
    def work(number: int) -> None:
        for _ in range(20):
            workspace.write(ROOT, f"shared/deep/{number}", [b"x"])
            workspace.delete(ROOT, f"shared/deep/{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert names(workspace) == []


CONTRACT: list[ContractCheck] = [
    stat_describes_files_and_directories,
    the_root_is_always_there,
    listing_gives_a_directorys_own_entries_by_name,
    read_gives_the_bytes_of_a_range,
    a_file_replaced_while_it_is_read_is_read_as_it_was,
    write_puts_the_whole_file_there_or_nothing,
    write_makes_parents_and_tells_what_is_there,
    a_version_changes_with_the_contents,
    write_with_a_version_replaces_only_that_version,
    of_many_conditional_writers_one_wins,
    write_refuses_where_something_else_is_in_the_way,
    delete_removes_a_file_and_the_directories_that_become_empty,
    delete_with_a_version_deletes_only_that_version,
    roots_do_not_see_each_other,
    any_clean_name_works,
    listing_passes_over_what_no_path_leads_to,
    names_that_could_be_written_once_are_listed_and_deleted,
    below_lists_files_by_the_bytes_of_their_paths,
    hashed_describes_files_with_what_they_are,
    writers_and_deleters_in_one_directory_do_not_disturb_each_other,
]
