"""Send a task, wait for it, and keep what it has made."""

from walkaway import Walkaway

result = Walkaway().run("Write a 6-page report on tidal power to report.md")
print(result.text, result.cost_usd)
print(*result.save("out"))
