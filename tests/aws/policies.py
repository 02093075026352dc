"""Judges signatures as AWS does, since moto does not look at them.

Amazon S3 API reference, browser-based uploads using POST, and authenticating
requests with query parameters (Signature Version 4).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

NOT_SIGNED = {"policy", "x-amz-signature", "file"}
"""The form fields that need no condition."""


def refusal_of_post(form: Mapping[str, str], size: int, bucket: str, secret: str, now: datetime) -> str | None:
    """Say why S3 would refuse an upload with these fields; None when it would take it."""
    date, region = form["x-amz-credential"].split("/")[1:3]
    if not hmac.compare_digest(_sign(secret, date, region, form["policy"]), form["x-amz-signature"]):
        return "signature"
    policy = json.loads(base64.b64decode(form["policy"]))
    if now >= datetime.fromisoformat(policy["expiration"]):
        return "expired"
    given = {**{name: value for name, value in form.items() if name not in NOT_SIGNED}, "bucket": bucket}
    covered = set()
    for condition in policy["conditions"]:
        if isinstance(condition, dict):
            ((name, wanted),) = condition.items()
            covered.add(name)
            if given.get(name) != wanted:
                return str(name)
            continue
        kind, first, second = condition
        if kind == "content-length-range":
            if not first <= size <= second:
                return str(kind)
            continue
        covered.add(first.removeprefix("$"))
        value = given.get(first.removeprefix("$"), "")
        if not (value.startswith(second) if kind == "starts-with" else value == second):
            return str(first)
    return next((f"{name} is in no condition" for name in given if name not in covered), None)


def refusal_of_address(method: str, url: str, secret: str, now: datetime) -> str | None:
    """Say why S3 would refuse a request to a presigned address; None when it would answer it."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    signature = query.pop("X-Amz-Signature")
    began = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if (now - began).total_seconds() >= int(query["X-Amz-Expires"]):
        return "expired"
    words = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items()))
    canonical = f"{method}\n{parts.path}\n{words}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    date, region = query["X-Amz-Credential"].split("/")[1:3]
    scope = f"{date}/{region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{digest}"
    return None if hmac.compare_digest(_sign(secret, date, region, text), signature) else "signature"


def _sign(secret: str, date: str, region: str, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()
