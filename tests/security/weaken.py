"""Takes one defence away, so that it is seen what it keeps out."""

import os
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.security.scene import Scene
from walkaway_core.agent.tools import bash, output, promotion
from walkaway_core.ports import paths
from walkaway_core.ports.sandbox import readable
from walkaway_local.sandbox import bubblewrap, disk, limits, mounting, mounts, namespace, running, seccomp, staging
from walkaway_sandbox import tree

Weaken = Callable[[pytest.MonkeyPatch, Scene], None]


def arguments(change: Callable[[list[str], Scene], list[str]]) -> Weaken:
    """Start bubblewrap with other arguments."""

    def weaken(patch: pytest.MonkeyPatch, scene: Scene) -> None:
        made = bubblewrap._arguments
        patch.setattr(bubblewrap, "_arguments", lambda *given, **more: change(list(made(*given, **more)), scene))

    return weaken


def without(*names: str) -> Weaken:
    """Leave flags out."""
    return arguments(lambda made, _: [part for part in made if part not in names])


def bound(of: Callable[[Scene], Path]) -> Weaken:
    """Mount a folder of the host."""

    def weaken(patch: pytest.MonkeyPatch, scene: Scene) -> None:
        folder, made = str(of(scene)), mounts.system
        ahead = f"{mounting.TREE}{folder}" if os.geteuid() == 0 else folder
        shown = mounts.Bind(folder, folder)
        patch.setattr(mounts, "system", lambda *given, **more: [*made(*given, **more), shown])
        arguments(lambda made, _: [*made, *mounts._parents(folder), "--bind", ahead, folder])(patch, scene)

    return weaken


shows_the_host = bound(lambda scene: scene.host)
shows_the_data = bound(lambda scene: scene.data)


def filters_nothing(patch: pytest.MonkeyPatch, _: Scene) -> None:
    """Let commands make every system call."""
    patch.setattr(seccomp, "program", lambda _, **__: struct.pack("=HBBI", seccomp.RETURN, 0, 0, seccomp.ALLOW))


def shares_the_keyring(patch: pytest.MonkeyPatch, scene: Scene) -> None:
    """Start commands where the server's session keyring is."""
    filters_nothing(patch, scene)
    patch.setattr(namespace, "spawn", lambda start: start())


def keeps_privileges(patch: pytest.MonkeyPatch, scene: Scene) -> None:
    """Run commands as root, with what root may do."""
    filters_nothing(patch, scene)
    patch.setattr(namespace, "become", lambda _: None)
    patch.setattr(bubblewrap, "AS_NOBODY", ("--cap-add", "ALL"))


def allows_namespaces(patch: pytest.MonkeyPatch, scene: Scene) -> None:
    """Let commands make user namespaces of their own, and write who is who in them."""
    filters_nothing(patch, scene)
    patch.setattr(mounts, "SETTINGS_CLOSED", ())
    without("--disable-userns")(patch, scene)


def passes_the_environment(patch: pytest.MonkeyPatch, _: Scene) -> None:
    """Start bubblewrap with the server's environment."""
    _popen(patch, lambda options: {**options, "env": dict(os.environ)})


def leaves_files_open(patch: pytest.MonkeyPatch, scene: Scene) -> None:
    """Let commands inherit what the server has open."""
    secret = os.open(scene.host / "secret.txt", os.O_RDONLY)
    os.set_inheritable(secret, True)  # noqa: FBT003
    _popen(patch, lambda options: {**options, "pass_fds": [*options.get("pass_fds", ()), secret]})


def _popen(patch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    made = subprocess.Popen
    patch.setattr(subprocess, "Popen", lambda line, **options: made(line, **change(options)))


MANY = {"nproc": 10**6, "as": 2**40, "fsize": 2**40}


def without_limit(name: str) -> Weaken:
    """Set a limit of processes so high that it is none."""

    def weaken(patch: pytest.MonkeyPatch, _: Scene) -> None:
        patch.setitem(limits.PROCESSES if name in limits.PROCESSES else limits.LIMITS, name, MANY[name])

    return weaken


def value(module: Any, name: str, changed: Any) -> Weaken:
    """Give something of the code another value."""

    def weaken(patch: pytest.MonkeyPatch, _: Scene) -> None:
        patch.setattr(module, name, changed)

    return weaken


def both(*weakenings: Weaken) -> Weaken:
    """Take several defences away that guard the same door."""

    def weaken(patch: pytest.MonkeyPatch, scene: Scene) -> None:
        for one in weakenings:
            one(patch, scene)

    return weaken


def follows_links(patch: pytest.MonkeyPatch, _: Scene) -> None:
    """Look through what a command has left as one would without a thought."""

    def left(folder: Path, *_: list[str]) -> Iterator[tuple[str, os.stat_result, int]]:
        for parent, _folders, names in os.walk(folder, followlinks=True):
            for name in names:
                path = Path(parent) / name
                yield str(path.relative_to(folder)), path.stat(), -1

    patch.setattr(tree, "_left", left)
    patch.setattr(tree, "_opens", lambda *_: True)
    patch.setattr(tree, "contents", lambda folder, path: iter([(folder / path).read_bytes()]))


def _all_writable(_: Path, folder: Path, __: Sequence[str]) -> Iterator[str]:
    yield from ("--bind", str(folder), paths.MOUNT)


all_is_writable = both(value(mounts, "workspace", _all_writable), value(paths.Scope, "check_write", lambda *_: None))


def all_is_readable(patch: pytest.MonkeyPatch, _: Scene) -> None:
    """Copy everything, whatever the session may read."""
    patch.setattr(staging, "readable", lambda files, command: readable(files, replace(command, read=("",))))


any_name_will_do = both(value(paths, "clean", lambda path: path), value(paths, "clean_new", lambda path: path))
any_number_will_do = value(promotion, "MOST", 10**9)
a_large_disk = both(value(disk, "BYTES", 3 * 10**9), value(disk, "FILES", 10**6))
nobody_watches_the_memory = value(running, "MEMORY", 2**40)
output_is_kept = value(output, "KEPT", 10**12)
output_is_shown = value(output, "HEAD", 10**12)
the_end_is_not_told = value(bash, "_end", lambda _: "")
raw_output = value(output, "_text", lambda data: data.decode(errors="replace"))
