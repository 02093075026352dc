"""What differs between the tests of the two clients."""


def run(work: bool) -> bool:
    """Give what came of it."""
    return work
