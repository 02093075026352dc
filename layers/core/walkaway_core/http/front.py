"""`GET /`: leads a browser to the console, and says to a program what this is and how to begin."""

from html import escape
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from walkaway_core.http import console
from walkaway_core.http.docs import beside, root
from walkaway_core.http.fields import accepts, listed
from walkaway_core.http.parameters import refuse_unknown
from walkaway_wire import VERSION

if TYPE_CHECKING:
    from walkaway_core.http.access import Keyring

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Walkaway</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 3rem auto; padding: 0 1rem }}
pre {{ overflow-x: auto; padding: 1rem; background: #8882; border-radius: .3rem }}
</style>
</head>
<body>
<h1>Walkaway</h1>
<p>Send an agent a task that takes minutes or hours, walk away, come back for the result.</p>
<p><a href="{docs}">The API, to read and to try</a>; its <a href="{document}">OpenAPI document</a>.{others}</p>
<h2>How to begin</h2>
<p>Create a session, send it a message, and take the file that it makes. ID is the session's <code>id</code>.{key}</p>
<pre>{lines}</pre>
<p>Version {version}</p>
</body>
</html>
"""
KEY = " KEY is your API key; <code>walkaway keys create</code> makes one."
LINES = """\
curl{key} {url}/v1/sessions -H 'Content-Type: application/json' -d '{{"persistent": true}}'
curl{key} {url}/v1/sessions/ID/messages -N -H 'Content-Type: application/json' \\
  -d '{{"message": "Write a report on tidal power to report.md"}}'
curl{key} {url}/v1/sessions/ID/files/report.md
"""

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_unknown)])


@router.get("/")
def greet(request: Request) -> Response:
    """Lead to the console where `Accept` names text/html, as browsers' does; else JSON: name, version, docs, openapi.

    Without a console there is a page for browsers that says how to begin.
    """
    url = str(request.url.replace(path=root(request), query=""))
    if not accepts(listed(request, "accept"), "text/html"):
        greeting = {"name": "Walkaway", "version": VERSION, "docs": f"{url}/docs", "openapi": f"{url}/openapi.json"}
        return JSONResponse(greeting, headers={"Vary": "Accept"})
    if console.is_served(request):
        return console.lead(request, Vary="Accept")
    keyring: Keyring = request.app.state.keyring
    key = "" if keyring.open else " -H 'Authorization: Bearer KEY'"
    others = [name for name in request.app.state.documents if name != "native"]
    links = ", ".join(f'<a href="{escape(beside(request, f"docs?api={name}"))}">{escape(name)}</a>' for name in others)
    page = PAGE.format(
        others=f" Other APIs that are spoken here: {links}." if links else "",
        docs=escape(beside(request, "docs")),
        document=escape(beside(request, "openapi.json")),
        key="" if keyring.open else KEY,
        lines=escape(LINES.format(key=key, url=url)),
        version=escape(VERSION),
    )
    return HTMLResponse(page, headers={"Vary": "Accept", "Content-Security-Policy": POLICY})
