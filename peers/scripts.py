"""What the model does in programs that have a script: step by step, the blocks of each answer."""

from typing import Final

from peers.scripted import Step
from tests.kit.messages_api import call, text

TABLE = "/mnt/session/uploads/harbour_fares.csv"
ANALYSIS = """\
import pandas as pd
import plotly.graph_objects as go

table = pd.read_csv("/mnt/session/uploads/harbour_fares.csv")
table["paid"] = table["fare"] * table["quantity"]


def chart(title, series):
    bars = go.Bar(x=series.index.tolist(), y=series.tolist(), marker_color="teal")
    figure = go.Figure(bars).update_layout(template="simple_white", title=title)
    return f"<h2>{title}</h2>" + figure.to_html(include_plotlyjs=False, full_html=False)


charts = [chart(f"paid by {name}", table.groupby(name).paid.sum()) for name in ("harbour", "tide")]
charts.append(chart("orders of a customer", table.groupby("customer").size().value_counts().sort_index()))
page = "<html><head><meta charset='utf-8'></head><body>" + "".join(charts) + "<p>Sail at high tide — it pays.</p>"
with open("/mnt/session/outputs/report.html", "w") as report:
    report.write(page + "</body></html>")
table.groupby("harbour", as_index=False).paid.sum().to_csv("/mnt/session/outputs/paid.csv", index=False)
print("paid in all:", table.paid.sum())
"""

ANALYST: Final[list[Step]] = [
    [
        text("I look at the table first."),
        call("read", file_path=TABLE, view_range=[1, 4]),
        call("glob", pattern="*.csv", path="/mnt/session/uploads"),
        call("bash", command=f"wc -l < {TABLE} && mkdir -p work && cd work && export FOUND={TABLE}"),
    ],
    [call("write", file_path="/workspace/work/analysis.py", content=ANALYSIS)],
    [text("Now it runs."), call("bash", command="python3 analysis.py")],
    [
        text("There is no such column, so I mend it."),
        call("edit", file_path="/workspace/work/analysis.py", old_string='["quantity"]', new_string='["seats"]'),
    ],
    [call("bash", command="python3 analysis.py | tee said.txt")],
    [call("grep", pattern="Plotly.newPlot", path="/mnt/session/outputs")],
    [call("bash", command='test "$(wc -l < "$FOUND")" = 51 && cat said.txt')],
    [text("Saved: report.html, {result}.")],
    [call("bash", command="pwd && ls *.py")],
    [text("I worked in {result}.")],
]
"""It looks, writes a program that does not run, mends it, checks what it has made; and is asked once more."""

CHECKED = "./hub pr checks && git diff > /mnt/session/outputs/fix.patch"
QUAY = "/mnt/user/src/quay.py"
LINE = 'return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")'
PLAIN = 'plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()'

MAINTAINER: Final[list[Step]] = [
    [
        text("I unpack it."),
        call("bash", command="mkdir -p /mnt/user && cd /mnt/user && unzip -q /mnt/session/uploads/repo.zip && ls -A"),
    ],
    [
        call(
            "bash",
            command="./hub issue view 42 && git init -q && git add -A && "
            "git -c user.name=hub -c user.email=hub@example.com commit -qm before",
        )
    ],
    [call("read", file_path=QUAY), call("read", file_path="/mnt/user/tests/test_quay.py")],
    [call("bash", command="./hub pr checks")],
    [call("edit", file_path=QUAY, old_string="[^a-z]", new_string="[^a-z0-9]")],
    [call("bash", command="./hub pr checks && pwd")],
    [call("open_pull_request", title="Keep the numbers of quays", branch="fix-42")],
    [call("bash", command="cat /mnt/session/uploads/ci.log /mnt/session/uploads/house.md")],
    [
        text("CI says: {result}"),
        call("edit", file_path=QUAY, old_string="import re\n", new_string="import re\nimport unicodedata\n"),
        call("edit", file_path=QUAY, old_string=LINE, new_string=f"{PLAIN}\n    {LINE.replace('name', 'plain')}"),
    ],
    [call("bash", command=CHECKED)],
    [call("request_review", number=101)],
    [call("read", file_path="/mnt/session/uploads/review.md")],
    [call("bash", command="test -e /mnt/session/uploads/ci.log || echo the log is gone")],
    [
        text("So {result}."),
        call("edit", file_path=QUAY, old_string="(name):\n", new_string='(name):\n    """Give a link."""\n'),
    ],
    [call("bash", command=f"{CHECKED} && ./hub pr note 101 merging")],
    [call("merge_pull_request", number=101)],
    [text("{result}")],
    [call("bash", command="cat .hub/pr_101.json")],
    [text("It stands so: {result}")],
]
"""It mends half of it, is told so by a log, then by a review, and is asked once more how it stands."""
