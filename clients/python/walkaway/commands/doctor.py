"""`walkaway doctor`: looks for what is wrong here, with the profile and with the server, and says what mends it."""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from walkaway import errors, profiles
from walkaway.commands import cleaning, exits, options
from walkaway.commands.app import App, pass_app
from walkaway_wire import VERSION

VARIABLES = ("WALKAWAY_URL", "WALKAWAY_KEY", "WALKAWAY_PROFILE", "WALKAWAY_WEBHOOK_SECRET")
SKEW = 60
"""Seconds that clocks may differ by; signatures of webhooks are refused beyond five minutes."""


@dataclass(frozen=True)
class Finding:
    """What was looked at, and what was found. `fix`: what mends it; `code`: the exit code that it means, 0: none."""

    check: str
    found: str
    fix: str = ""
    code: int = exits.DONE


@options.command(examples=("walkaway doctor", "walkaway doctor --field found"))
@pass_app
def doctor(app: App, /) -> None:
    """Find what is wrong on this machine, with the profile and with the server, and say what mends it.

    The exit code is 0 where nothing is; else the one that other commands end with for the same reason.
    """
    findings: list[Finding] = []
    for finding in _findings(app):
        findings.append(finding)
        if app.out.is_plain:
            _show(app, finding)
    if not app.out.is_plain:
        raws = [{**asdict(each), "ok": not each.code} for each in findings]
        app.out.rows(raws, (), lambda raw: str(raw["check"]))
    app.end(next((each.code for each in findings if each.code), exits.DONE))


def _show(app: App, finding: Finding) -> None:
    mark = "✘" if finding.code else "!" if finding.fix else "✔"
    colour = {"✘": "red", "!": "yellow", "✔": "green"}[mark]
    app.out.line(f"{app.out.paint(mark, fg=colour)} {finding.check}: {cleaning.line(finding.found)}")
    if finding.fix:
        app.out.line(f"  {cleaning.line(finding.fix)}")


def _findings(app: App) -> Iterator[Finding]:
    yield Finding("program", f"walkaway {VERSION}, Python {'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}")
    yield from _settings()
    yield from _files()
    try:
        found = app.options
    except errors.SettingInvalid as error:
        yield Finding("profile", str(error), _of_setting(str(error)), exits.USAGE)
        return
    where = {"url=": "--url"}.get(found.url_source, found.url_source)
    yield Finding("address", f"{found.url}, from {where}")
    yield from _key(app)
    yield from _server(app)


def _settings() -> Iterator[Finding]:
    """Look for variables that say nothing, or that are a slip of the pen."""
    import difflib

    for name in VARIABLES:
        if name in os.environ and not os.environ[name].strip():
            yield Finding("variable", f"{name} is empty, which counts as unset", f"unset {name}")
    for name in sorted(os.environ):
        if name.startswith("WALKAWAY_") and name not in VARIABLES:
            near = difflib.get_close_matches(name, VARIABLES, 1, 0.85)
            if near:
                yield Finding("variable", f"{name} is none that is read", f"Was {near[0]} meant?")


def _files() -> Iterator[Finding]:
    folder = profiles.folder()
    keys = folder / "keys.toml"
    if sys.platform != "win32" and keys.exists() and keys.stat().st_mode & 0o077:
        yield Finding("keys", f"others may read {keys}", f"chmod 600 {keys}", exits.FAILED)
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(there, os.W_OK):
        fix = f"Make it yours, or set XDG_CONFIG_HOME; without it neither profiles nor @ work: {there}"
        yield Finding("folder", f"{folder} cannot be written to", fix, exits.FAILED)
    else:
        yield Finding("folder", str(folder))


def _of_setting(said: str) -> str:
    if "There is no profile" in said:
        return "walkaway profiles lists them; walkaway login NAME makes one"
    return "walkaway login makes it anew; or name another: --url, WALKAWAY_URL, WALKAWAY_KEY"


def _key(app: App) -> Iterator[Finding]:
    found = app.options
    if not found.key:
        yield Finding("key", "none")
        return
    yield Finding("key", f"from {found.key_source}")
    if found.key_source != found.url_source and "the profile" in found.key_source:
        fix = f"unset {found.url_source}" if found.url_source.isupper() else "walkaway login keeps both together"
        yield Finding("key", f"the address is not of {found.key_source}, and its key is sent there", fix)
    if found.url.startswith("http://") and not profiles.is_here(found.url):
        yield Finding("key", f"it goes to {found.url} as anybody on the way can read it", "Use https://")


def _server(app: App) -> Iterator[Finding]:
    """Ask it how it is, who is calling, and what it has."""
    import time
    from email.utils import parsedate_to_datetime

    here = profiles.is_here(app.options.url)
    client = app.client.with_options(timeout=10, retries=0)
    try:
        health = client.request("GET", "/health")
        date = health.headers.get("date")
        skew = time.time() - parsedate_to_datetime(date).timestamp() if date else 0
        me = client.me()
    except errors.Unreachable as error:
        yield Finding("server", str(error).partition(". Is it running?")[0], _of_server(here=here), exits.code(error))
    except errors.NotWalkaway as error:
        yield Finding("server", str(error), "Name another: --url, WALKAWAY_URL, or `walkaway login`", exits.code(error))
    except (errors.Unauthorized, errors.Forbidden) as error:
        yield Finding("server", exits.sentence(error).partition(exits.KEY)[0].strip(), exits.KEY, exits.code(error))
    except errors.WalkawayError as error:
        yield Finding("server", str(error), "Its log says more", exits.code(error))
    else:
        newer = "" if me.version == VERSION else "pip install --upgrade walkaway, or upgrade the server"
        yield Finding("server", f"it works, version {me.version}, as the tenant {me.tenant}", newer)
        if abs(skew) > SKEW:
            fix = "Set the clock: signatures of webhooks are refused beyond five minutes"
            yield Finding("clock", f"this machine's and the server's differ by {skew:.0f} s", fix, exits.FAILED)
        default = next((each.id for each in me.models if each.default), "")
        offline = "It answers without a model; ANTHROPIC_API_KEY of the server's has a real one" if here else ""
        yield Finding("model", default or "none", offline if default == "rehearsal" else "")


def _of_server(*, here: bool) -> str:
    if here:
        return exits.SERVER
    proxies = [
        name
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
        if os.environ.get(name, os.environ.get(name.lower()))
    ]
    through = f" {', '.join(proxies)} is set: does the proxy reach it?" if proxies else ""
    return f"Is the address right, and this machine online?{through} Or {exits.SERVER[0].lower()}{exits.SERVER[1:]}"
