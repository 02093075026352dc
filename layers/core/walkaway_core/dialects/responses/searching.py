"""What narrows a search of the web: read from its tool, and said in the model service's words (contract D.9)."""

from collections.abc import Mapping
from typing import Any, Final

from walkaway_core.dialects.responses.problems import Refusal

MOST_DOMAINS: Final = 100
PLACE: Final = ("city", "region", "country", "timezone")


def read(tool: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Give `allowed_domains` and `user_location` where they are said; other keys are passed over. Raises Refusal."""
    domains = _domains(_object(tool.get("filters"), f"{where}.filters"), f"{where}.filters.allowed_domains")
    place = _place(_object(tool.get("user_location"), f"{where}.user_location"), f"{where}.user_location")
    return {**({"allowed_domains": domains} if domains else {}), **({"user_location": place} if place else {})}


def _domains(filters: Mapping[str, Any], where: str) -> list[str]:
    said = filters.get("allowed_domains") or []
    if not isinstance(said, list) or not all(isinstance(domain, str) and domain.strip() for domain in said):
        raise Refusal(f"{where} must be a list of names", where)
    if len(said) > MOST_DOMAINS:
        raise Refusal(f"{where} has {len(said)} names; {MOST_DOMAINS} are allowed", where)
    return said


def _place(said: Mapping[str, Any], where: str) -> dict[str, str]:
    """Give a place; what says nothing of where it is, is as good as none."""
    if said.get("type", "approximate") != "approximate":
        raise Refusal(f"{where}.type must be approximate", f"{where}.type")
    known = {name: said[name] for name in PLACE if said.get(name)}
    if odd := next((name for name, value in known.items() if not isinstance(value, str) or len(value) > 255), None):
        raise Refusal(f"{where}.{odd} must be a text of up to 255 characters", f"{where}.{odd}")
    return {"type": "approximate", **known} if known else {}


def _object(said: Any, where: str) -> Mapping[str, Any]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise Refusal(f"{where} must be an object", where)
    return said
