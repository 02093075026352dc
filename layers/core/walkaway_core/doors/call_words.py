"""What the model is told of a call that was not carried out, or of which nobody knows."""

from walkaway_wire import gate

CUT_OFF = (
    "This call was cut off at the limit of the answer, and was not carried out. "
    "Make it again, with less in it or in several parts."
)
NOT_KEPT = (
    "What this call has changed was not kept, since another one has taken its place: all is as it was before. "
    "Look at the result before you repeat it."
)
UNKNOWN = (
    "It is not known whether this call was carried out: the worker that ran it disappeared. "
    "Look at the result before you repeat it."
)


def wrong(arguments: str) -> str:
    """Say what is wrong with arguments that were not taken."""
    try:
        gate.decoded(arguments)
    except gate.Flawed as flaw:
        return f"cannot be used: {flaw}"
    except ValueError:
        pass
    return f"are not a JSON object: {arguments[:500]}"
