"""One invocation: files in, the command, numbered output while it runs, and at the end a manifest of what has changed.

Everything goes out through one presigned POST below the call's own prefix:

output/000001 …   what the command wrote, in pieces, at most one a second
files/1 …         the contents of files that are new or changed
manifest.json     {"exit_code", "killed", "changed": [[path, number, size]], "deleted": [path], "lost": [sentence]}
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from walkaway_sandbox import command, container, processes, tree
from walkaway_sandbox.command import Shell
from walkaway_sandbox.output import Output
from walkaway_sandbox.transfer import Post, Wanted, fetch, listed

ROOT = Path(os.environ.get("WALKAWAY_SANDBOX_ROOT") or ("/tmp" if "AWS_LAMBDA_RUNTIME_API" in os.environ else ""))  # noqa: S108 - a Lambda's own
"""Everything in it is deleted at the end of a call but the workspace: nowhere else than in a Lambda is that `/tmp`."""
MOUNT = "/opt/sandbox/workspace"
"""A link to the workspace, in the layer."""
OUTPUT_BYTES = 10_000_000

_held: dict[str, tuple[str, tree.Identity]] = {}
"""The files that the last call of this session has left in the workspace: their version and identity."""


def handle(event: Mapping[str, Any]) -> bool:
    """Carry out one call; say whether nothing of it is left, so that this environment may take another.

    The event: {"command", "timeout" in seconds, "files": address of their list, "post": {"url", "fields"}, "prefix"}.
    With "container", the address of what `container.carry_out` wants to know, there are no files.
    """
    if not ROOT.is_absolute():
        raise RuntimeError("WALKAWAY_SANDBOX_ROOT must name a directory that may be emptied")
    processes.keep_apart()
    post = Post(event["post"]["url"], event["post"]["fields"], event["prefix"])
    if "container" in event:
        _held.clear()  # a workspace does not outlast it
        return container.carry_out(event, ROOT, post)
    workspace = ROOT / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    output = Output(post, OUTPUT_BYTES)
    before = _bring(workspace, listed(event["files"]))
    home = ROOT / "home"
    _renew(home)
    own = dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), str(home))
    shell = Shell(event["command"], _place(workspace), own, event["timeout"], workspace)
    killed, code = command.run(shell, output.take)
    clean = processes.sweep()
    output.flush()
    _hand_over(post, workspace, before, {"exit_code": code, "killed": killed})
    _wipe(workspace)
    return clean


def _bring(workspace: Path, wanted: list[Wanted]) -> dict[str, tree.Identity]:
    """Make the workspace hold these files and no others; what it has already is not fetched again."""
    lost: list[str] = []
    known = {path: identity for path, (_, identity) in _held.items()}
    touched, _ = tree.compare(workspace, known, lost)
    versions = {one.path: one.version for one in wanted}
    for path in [path for path, (version, _) in _held.items() if path in touched or versions.get(path) != version]:
        del _held[path]
    _keep_only(workspace, set(_held))
    missing = [one for one in wanted if one.path not in _held]
    fetch(workspace, missing)
    for one in missing:
        if (workspace / one.path).exists():
            _held[one.path] = one.version, tree.identity(os.lstat(workspace / one.path))
    return {path: identity for path, (_, identity) in _held.items()}


def _keep_only(workspace: Path, kept: set[str]) -> None:
    for parent, folders, _ in os.walk(workspace):
        for name in folders:
            if not (Path(parent) / name).is_symlink():
                (Path(parent) / name).chmod(0o700)
    for parent, folders, names in os.walk(workspace, topdown=False):
        for name in names:
            path = Path(parent) / name
            if str(path.relative_to(workspace)) not in kept:
                path.unlink()
        for name in folders:
            path = Path(parent) / name
            if path.is_symlink():
                path.unlink()
            elif not any(path.iterdir()):
                path.rmdir()


def _hand_over(post: Post, workspace: Path, before: Mapping[str, tree.Identity], end: dict[str, Any]) -> None:
    """Send what has changed, and the manifest last: without it nothing counts."""
    lost: list[str] = []
    changed, gone = tree.compare(workspace, before, lost)
    listed = []
    for number, (path, info) in enumerate(changed.items(), 1):
        try:
            post.send(f"files/{number}", info.st_size, tree.contents(workspace, path))
        except OSError as error:
            lost.append(f"not kept: {path!r}: {error}"[:500])
            continue
        listed.append([_text(path), number, info.st_size])
        _remember(workspace, path, info)
    for path in gone:
        _held.pop(path, None)
    manifest = {**end, "changed": listed, "deleted": [_text(path) for path in gone], "lost": [_text(x) for x in lost]}
    body = json.dumps(manifest).encode()
    post.send("manifest.json", len(body), [body])


def _remember(workspace: Path, path: str, info: os.stat_result) -> None:
    """Guess the version that a file will have: S3's ETag of an object that was put whole is its MD5."""
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in tree.contents(workspace, path):
        digest.update(chunk)
    _held[path] = f'"{digest.hexdigest()}"', tree.identity(info)


def _text(name: str) -> str:
    """Write a name, however it is encoded, so that JSON can hold it."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _place(workspace: Path) -> Path:
    mounted = Path(MOUNT)
    return mounted if mounted.exists() and mounted.resolve() == workspace.resolve() else workspace


def _renew(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _wipe(workspace: Path) -> None:
    """Leave nothing but the workspace for the next call."""
    for entry in ROOT.iterdir():
        if entry != workspace:
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
