"""What differs between the tests of the two clients."""


def run(work: bool) -> bool:  # noqa: FBT001 - as its twin
    """Give what came of it."""
    return work
