"""Send a task, wait for it, and fetch what it has made."""

from walkaway import Walkaway

session = Walkaway().sessions.create()
result = session.ask("Write a 6-page report on tidal power to report.md")
print(result.text, result.cost_usd)
print(session.files.download("report.md", "out/report.md"))
