"""What AWS refuses and no emulator looks at: too many or ill-matched paths, resource policies and templates too large.

Developer guides of API Gateway (quotas for REST APIs) and Lambda (quotas), user guide of CloudFormation (quotas).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dev.template import PSEUDO, Stack

PATHS = 300
"""Resources of a REST API: each node of the tree of its paths, its root included."""
POLICY = 20 * 1024
"""Bytes of a function's resource policy."""
TEMPLATE = 1_000_000
RESOURCES = 500
RANDOM = "ABCDEFGHIJKL"
"""As long as what CloudFormation puts behind a resource's name."""


def nodes(paths: Iterable[str]) -> set[str]:
    """The tree of some paths: all of them, and each beginning of one."""
    ends = ((path, end) for path in paths for end in (*(n for n, c in enumerate(path) if c == "/"), len(path)))
    return {path[:end].rstrip("/") for path, end in ends}


def quarrels(paths: Iterable[str]) -> Iterator[str]:
    """Go through the positions at which two variables stand, which an import of the API refuses."""
    seen: dict[str, str] = {}
    for node in sorted(nodes(paths)):
        parent, _, segment = node.rpartition("/")
        if segment.startswith("{") and seen.setdefault(parent, segment) != segment:
            yield f"{parent}: {seen[parent]} and {segment}"


def resource_policy(
    template: Mapping[str, Any], function: str, stack: str, region: str = PSEUDO["AWS::Region"]
) -> dict[str, Any]:
    """The policy that a function gets from the permissions of a transformed template, in a stack of this name."""

    def attribute(name: str, wanted: str) -> str:
        if name == "Api":
            return "abcdefghij"
        physical = f"{stack}-{name}-{RANDOM}"[:64]
        return physical if wanted == "Ref" else f"arn:aws:lambda:{region}:123456789012:function:{physical}"

    resolved = Stack({"AWS::StackName": stack, "AWS::Region": region}, template, attribute)
    permissions = {name: resolved.resolved(name) for name, _ in resolved.resources("AWS::Lambda::Permission")}
    statements = [
        {
            "Sid": f"{stack}-{name}-{RANDOM}",
            "Effect": "Allow",
            "Principal": {"Service": given["Principal"]},
            "Action": given["Action"],
            "Resource": attribute(function, "Arn"),
            "Condition": {"ArnLike": {"AWS:SourceArn": given["SourceArn"]}},
        }
        for name, given in permissions.items()
        if given["FunctionName"] == attribute(function, "Ref")
    ]
    return {"Version": "2012-10-17", "Id": "default", "Statement": statements}


def size(document: Any) -> int:
    """How many bytes a document has as JSON without spaces."""
    return len(json.dumps(document, separators=(",", ":")).encode())
