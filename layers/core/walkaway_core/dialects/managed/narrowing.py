"""What narrows the tools for the web: from their configs to what is shown, and to settings (contract A.5, E.5)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from walkaway_core.dialects.managed.agent_wire import ToolConfig
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.outbound.domains import domain

DOMAINS: Final = ("allowed_domains", "blocked_domains")
OF: Final[Mapping[str, Sequence[str]]] = {
    "web_search": (*DOMAINS, "user_location"),
    "web_fetch": ("max_content_tokens", "url_sources", *DOMAINS),
}
"""The fields that each of them has."""
MOST: Final = 64
"""Domains in a list."""


def shown(config: ToolConfig, field: str) -> dict[str, Any]:
    """Show what narrows a tool. Raises Refusal for what is not kept."""
    own = OF.get(config.name, ())
    for name in dict.fromkeys(each for fields in OF.values() for each in fields):
        value = getattr(config, name)
        if value is None:
            continue
        if name not in own:
            raise invalid(f"{config.name} takes none; leave it out", f"{field}.{name}")
        if name in DOMAINS:
            _check(config.name, value, f"{field}.{name}")
    if config.allowed_domains and config.blocked_domains:
        raise invalid("takes allowed_domains or blocked_domains; leave one of the two out", field)
    if config.url_sources is not None:
        why = "is not kept here: this tool reads any public page, whoever has named it; say allowed_domains instead"
        raise invalid(why, f"{field}.url_sources")
    return {name: getattr(config, name) for name in own}


def said(name: str, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Say in settings what narrows a tool, given its config as it is shown; None: nothing."""
    given = {field: config[field] for field in OF[name] if config.get(field)}
    if name == "web_fetch":  # the server keeps to it, the model's service to the other
        given |= {field: [domain(each) for each in given[field]] for field in DOMAINS if field in given}
    return given or None


def _check(tool: str, domains: Sequence[str], field: str) -> None:
    """Raises Refusal."""
    if not 1 <= len(domains) <= MOST:
        raise invalid(f"takes 1 to {MOST} domains; leave it out for any", field)
    for number, each in enumerate(domains if tool == "web_fetch" else ()):
        try:
            domain(each)
        except ValueError:
            what = "is no domain; write it as docs.example.com, without a scheme, a port, a path or a *"
            raise invalid(f"{each[:100]!r} {what}", f"{field}[{number}]") from None
