"""A folder in, a folder out."""

from pathlib import Path

from walkaway import Walkaway

survey = Path("survey")
survey.mkdir(exist_ok=True)
(survey / "answers.csv").write_text("region,answer\nnorth,yes\nsouth,no\n")

client = Walkaway()
session = client.sessions.create(file_access={"read": ["data", "out"], "write": ["data", "out"]})
print([entry.path for entry in session.files.upload_folder(survey, "data")])
print(*session.ask("Write a report on the answers by region to out/report.md").save("charts"))
