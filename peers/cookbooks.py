"""What programs print that do what cookbooks of Managed Agents do, written anew: by streams, polling and webhooks."""

from collections.abc import Mapping

COOKBOOKS: Mapping[str, list[str]] = {
    "managed_gate.py": ["waiting: 12", "ended: end_turn", "paid: 12", "asked: 12"],
    "managed_relay.py": [
        "said: .*rehearsal model",
        r"file: first.md True",
        "file: second.md True",
        "The columns of /mnt/user-data/tide.csv are: harbour, tide",
        "found again: True",
        "archived: terminated",
    ],
    "managed_explore.py": [
        "notes tool",
        "it runs in quay",
        "it runs in quay quay seven executable",
        "quay/notes:1:the ferry is late",
        "# The brief.*it is read only",
        "it is gone",
        "left: True",
        "uploads stay: quay.tar.gz",
    ],
    "managed_fix.py": ["result: failed", "result: well all is well", "result: well", "here: all is well", "used: True"],
    "managed_bot.py": [
        (
            r"^one:\n  On it.\n  Running analysis ...\n  You find it at /mnt/session/outputs/tide.md.*\n"
            r"  file tide.md: 27 # The tide\n--\n"
            r"two:\n  On it.\n  Running analysis ...\n  You find it at .*\n  file quay.md: 27 # The quay\n--$"
        ),
        (
            r"^one:\n.*\n  The columns of .*harbour.csv are: harbour, tide\. .*\n"
            r".*\n  The columns of .*harbour.csv are: quay, ferry\. .* 1,2\n--$"
        ),
        (
            r"^one:\n.*\n.*\n  May it\? \{'command': 'wc -l < .*harbour.csv > .*lines.txt'\}\n"
            r"  That went wrong: BadRequestError: .* 400 .* is waiting on responses to events sevt_.*\n--$"
        ),
        r"^two:\n.*\n  That did not work.*harbour.csv: No such file or directory\n--$",
        r"^one:\n  Here is what I found:\n  file lines.txt: 1 2\n--$",
        r"^one:\n.*\n.*\n  May it\? \{'command': 'rm -r .*\n  That did not work.* no, we need them\n--$",
        "^found again: True 2$",
        r"^one:\n.*\n.*\n  May it\? .*\n.*\n  file lines.txt: 2 2\n--$",
        "^given: harbour.csv\nmade: tide.md 3$",
    ],
    "managed_hooks.py": [
        (
            "^told: /bot session.created 3\ntold: /bot session.requires_action 1\ntold: /bot session.status_idled 4\n"
            "told: /bot session.status_run_started 4\ntold: /pager session.requires_action 1$"
        ),
        r"^one: .*rehearsal model.* You wrote about: the ferry$",
        r"^two: I ask get_tide\. \| The answer is: high at quay-7$",
        "^ignored: True$",
        "^then: /bot session.archived 1, .*deleted 1, .*status_terminated 1, .*updated 1$",
        "^again: True True$",
        "^forged: 400$",
    ],
}
"""By program, regular expressions in their order."""
