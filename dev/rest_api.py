"""Writes the paths of template.yaml's API from the apps' routes. `--check` only says whether they are stale.

Each path takes any method, so that the app answers those that it does not have; those that stream stand beside it.
"""

import sys

from dev.routes import Paths, everything, paths
from dev.template import ROOT

TEMPLATE = ROOT / "template.yaml"
BEGIN = (
    "          # `make docs` writes what follows, from the routes of the app; a route that streams is marked there.\n"
)
END = "          # Here ends what `make docs` writes.\n"
ANY = "x-amazon-apigateway-any-method"
"""What catches the methods of a path that are not named (API Gateway's extensions of OpenAPI)."""

CALL = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path"
AT_ONCE = f'!Sub "{CALL}/2015-03-31/functions/${{ApiFunction.Arn}}/invocations"'
STREAMED = f'!Sub "{CALL}/2021-11-15/functions/${{StreamFunction.Arn}}/response-streaming-invocations"'
BUFFERED = f'!Sub "{CALL}/2015-03-31/functions/${{StreamFunction.Arn}}/invocations"'
STREAM_ANSWER = "responseTransferMode: !If [Adapter, STREAM, BUFFERED], timeoutInMillis: !If [Adapter, 900000, 29000]"


def written_into(template: str, table: Paths) -> str:
    """Replace the template's paths. Raises ValueError if their marks are not there."""
    before, begin, rest = template.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"template.yaml lacks the lines {BEGIN.strip()!r} and {END.strip()!r} around the API's paths")
    return "".join([before, begin, *(_path(*one) for one in sorted(table.items())), end, after])


def _path(path: str, streams: frozenset[str]) -> str:
    lines = [f'          "{path}":', f"            {ANY}: {_integration(f'uri: {AT_ONCE}')}"]
    streaming = _integration(f"{STREAM_ANSWER}, uri: !If [Adapter, {STREAMED}, {BUFFERED}]")
    lines += [f"            {method.lower()}: {streaming}" for method in sorted(streams)]
    return "\n".join(lines) + "\n"


def _integration(more: str) -> str:
    return f"{{responses: {{}}, x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, {more}}}}}"


def main() -> None:
    """Write, or check."""
    template = TEMPLATE.read_text()
    text = written_into(template, paths(everything()))
    if text != template and "--check" in sys.argv:
        sys.exit("stale: template.yaml; run `make docs`")
    TEMPLATE.write_text(text)


if __name__ == "__main__":
    main()
