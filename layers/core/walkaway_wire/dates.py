"""Dates of HTTP (RFC 9110, 5.6.7), in each of its three forms, wherever the machine stands."""

from datetime import UTC
from email.utils import parsedate_to_datetime


def seconds(text: str) -> float | None:
    """Read one date, in seconds since the epoch; None for what is none, or a list of them."""
    if text.count(",") > 1:
        return None
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
