"""What a session's record says: every fact of it, and the only functions that name one to write it.

fact              unit      written by            says
created           ms        made                  when it was made
active            ms        made, active          when a turn of it last ended
expires           ms        made, ends            when it is over: its record alone decides whether it lives
due               sort key  made, ends, deleted   its item in the due queue (rule R4)
deleted           ms        deleted               it is gone for everyone outside; its contents go later
turns             number    made, + BEGUN         how many turns have begun; absent: it was made by 0.1.0
ended, outcome    id, word  active                the turn that ended last, and how
turn              id        named                 the turn that runs; absent when it is free
last_turn         id        named, waits          the newest id of a turn: the next one sorts behind it
inbox             number    made, + ARRIVED       how many messages have come to wait so far
queued            number    made, + ARRIVED …     how many wait now
events            number    made, + NAMED …       the number of the next event of its own log
told              number    made, + outbox.add    how many things of it the bus has been told
metadata          JSON      made, describes       what users and the agent have set
metadata_version  number    made, describes       how often that has changed
title                       titled                what it is about; absent: nobody has said anything
title_said        flag      titled                somebody has said that; absent: it is made of the first message
parent …                  made                  where its conversation begins (store/parents.py); absent: with its own
forgotten         number    + FORGOTTEN           how many of its turns were taken away one by one; absent: none
cost              number    + model_step          what its turns have cost, in millionths of a US dollar
budget            number    budgeted              what they may cost, in the same; absent: any amount
archived          ms        archived              when it was closed for ever; absent: it was not
settings          hash      told                  of what the next turns are told besides; absent: nothing
used_…            number    + used                what the turns that are over have used, by the words of turns.USAGE
ran               ms        + used                how long they have run, pauses not counted
mounted           number    + MOUNTED             how many files were mounted while it was there; absent: none

Its options are the item's body, and never change. Names and units are a contract: docs/upgrades.md.
"""

from collections.abc import Mapping

from walkaway_core.ports.items import Fact, ms

USED = "used_"
ARRIVED: Mapping[str, int] = {"inbox": 1, "queued": 1}
"""Added when a message comes to wait."""
LEFT: Mapping[str, int] = {"queued": -1}
"""Added when a message that waits is withdrawn."""
BEGUN: Mapping[str, int] = {"turns": 1}
"""Added when a turn begins, where they are counted."""
NAMED: Mapping[str, int] = {"events": 1}
"""Added when its log names a turn, or says something between turns."""
FORGOTTEN: Mapping[str, int] = {"forgotten": 1}
"""Added when a turn of it is taken away."""
MOUNTED: Mapping[str, int] = {"mounted": 1}
"""Added when a file is mounted: of two at once each sees the other."""
PROMOTED: Mapping[str, int] = {"events": 1, "queued": -1}
"""Added when its log names the turn of a message that has waited."""


def made(now: float, end: float, due: str, metadata: str) -> dict[str, Fact]:
    """It is there, free, until it ends."""
    return {
        "created": ms(now),
        "active": ms(now),
        "expires": ms(end),
        "due": due,
        "inbox": 0,
        "queued": 0,
        "events": 0,
        "told": 0,
        "turns": 0,
        "metadata": metadata,
        "metadata_version": 0,
    }


def ends(at: float, due: str) -> dict[str, Fact]:
    """It is over at another time."""
    return {"expires": ms(at), "due": due}


def named(turn: str, order: str) -> dict[str, Fact]:
    """A turn runs, at this place in the conversation."""
    return {"turn": turn, "last_turn": order}


def waits(turn: str) -> dict[str, Fact]:
    """A message waits, whose turn has this id."""
    return {"last_turn": turn}


def active(now: float, turn: str, status: str) -> dict[str, Fact]:
    """A turn of it has just ended, like this."""
    return {"active": ms(now), "ended": turn, "outcome": status}


def deleted(now: float, due: str) -> dict[str, Fact]:
    """It is gone for everyone outside."""
    return {"deleted": ms(now), "due": due}


def describes(metadata: str, version: int) -> dict[str, Fact]:
    """Its metadata have changed."""
    return {"metadata": metadata, "metadata_version": version}


def budgeted(most: int) -> dict[str, Fact]:
    """Its turns may cost so much, in millionths of a US dollar."""
    return {"budget": most}


def archived(now: float) -> dict[str, Fact]:
    """No turn begins in it any more."""
    return {"archived": ms(now)}


def told(settings: str) -> dict[str, Fact]:
    """The turns that begin from now on are told this, too."""
    return {"settings": settings}


def used(usage: Mapping[str, int], ran: float) -> dict[str, int]:
    """Give what is added when a turn ends that has used this, and has run for so many seconds."""
    counts = {"ran": ms(ran), **{f"{USED}{name}": count for name, count in usage.items()}}
    return {name: count for name, count in counts.items() if count}


def titled(title: str, *, said: bool = False) -> dict[str, Fact]:
    """It has a title, which somebody has `said`, or which is made of its first message."""
    return {"title": title, "title_said": True} if said else {"title": title}
