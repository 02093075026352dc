"""What server and client say to programs, said to whoever types commands. No I/O."""

from typing import Final

from walkaway.advice import IN_HTTP

IN_COMMANDS: Final = (
    ("It is safe to repeat it with the same Idempotency-Key", "It may have had an effect; look before you repeat it"),
    ("The Idempotency-Key stands for another request", "Another request was sent under the same name"),
    ("another version than If-Match or If-Unmodified-Since asks for", "another version than the one that was meant"),
    ('send "approve": true or false', "say --yes, or --no WHY"),
    ('send "output", and "is_error" if the tool failed', "give the output, with --error if the tool failed"),
    ("This session has no such response", "This session has no such turn"),
    ("say by `catch_up` in the same request", "say by --catch-up"),
    ("GET /api/v1/runs lists them", "`walkaway runs list` tells what there is"),
    ("POST /v1/agents makes one", "`walkaway agents list` tells what there is"),
    ("name one: PUT …/files/{path}", "name one"),
    ("a folder goes up by files.upload_folder()", "`walkaway files put` sends a folder"),
    (
        "download_folder() fetches all of it, and walk() says",
        "`walkaway files get` fetches it, `walkaway files tree` says",
    ),
    ("as files.list() does", "as `walkaway files ls` does"),
    ("upload it by session.files.upload(), and tell the agent of it", "send it by --file, and tell the agent of it"),
    ("see session.files.walk()", "see `walkaway files tree`"),
    ("answer by turn.result() or by a webhook", "answer by `walkaway answer`"),
    ("give secret=, or WALKAWAY_WEBHOOK_SECRET", "give --secret"),
)
"""Clauses of theirs, and what stands for each at a shell."""


def said(sentence: str) -> str:
    """Say a sentence of the server's or the client's in commands; what else is in HTTP is left out."""
    for theirs, ours in IN_COMMANDS:
        sentence = sentence.replace(theirs, ours)
    return IN_HTTP.sub("", sentence).replace("from url=", "from --url")  # the client names its argument
