"""It is running already: tell it more, queue what comes next."""

from walkaway import Walkaway

session = Walkaway().sessions.create()
turn = session.send("Write a 3-page report on every bridge in Porto to porto.md, slowly")
steered = session.send("Only those built before 1900", on_busy="steer")
queued = session.send("Write a poem about Lisbon", on_busy="enqueue")
print(steered.outcome, queued.outcome)
print(turn.result(timeout=3600).text)
print(queued.result(timeout=3600).text)
