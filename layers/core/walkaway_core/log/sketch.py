"""What a cursor holds of a set of ids: whoever sees a greater set later can name what was added (decision 0028).

Power sums: the sums of the ids' first, second … powers in a finite field. They have the same length whatever the set
has, the difference of two is that of what was added, and by Newton's identities so many sums give the polynomial whose
roots are so many added ids.
"""

import base64
import binascii
from collections.abc import Collection, Iterable
from dataclasses import dataclass

MOST = 16
"""How many added ids can be named: so many writers may commit behind their turn between two looks of a reader."""
_FIELD = 2**61 - 1
_WIDTH = 8
_ONES = (0,) * MOST


@dataclass(frozen=True, slots=True)
class Sketch:
    """Of a set of ids: how many there are, and their power sums; without sums nothing can be named."""

    count: int = 0
    sums: tuple[int, ...] | None = _ONES

    def plus(self, ids: Iterable[str], sign: int = 1) -> "Sketch":
        """Add ids that are not in it, or, with `sign` -1, take away some that are."""
        count, sums = self.count, list(self.sums or ())
        for id_ in ids:
            value, power, count = _value(id_), 1, count + sign
            for place in range(len(sums)):
                power = power * value % _FIELD
                sums[place] = (sums[place] + sign * power) % _FIELD
        return Sketch(count, tuple(sums) if self.sums is not None else None)

    def added(self, there: Collection[str]) -> set[str] | None:
        """Name those of a set that are not in this part of it; None: they are too many, or it is no part of it."""
        many = len(there) - self.count
        if many == 0:
            return set()
        if not 0 < many <= MOST or self.sums is None:
            return None
        whole = Sketch().plus(there).sums or ()
        sums = [(one - other) % _FIELD for one, other in zip(whole, self.sums, strict=True)]
        signed = [1]  # coefficients of the polynomial, the highest first: Newton's identities
        for degree in range(1, many + 1):
            total = sum(signed[degree - n] * sums[n - 1] for n in range(1, degree + 1))
            signed.append(-total * pow(degree, -1, _FIELD) % _FIELD)
        found = {id_ for id_ in there if _at(signed, _value(id_)) == 0}
        return found if len(found) == many else None

    @property
    def text(self) -> str:
        """Write the sums."""
        return base64.urlsafe_b64encode(b"".join(n.to_bytes(_WIDTH) for n in self.sums or ())).decode().rstrip("=")

    @classmethod
    def read(cls, count: int, text: str) -> "Sketch":
        """Read what `text` gives; anything else is a sketch without sums."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            raw = b""
        sums = tuple(int.from_bytes(raw[n : n + _WIDTH]) for n in range(0, len(raw), _WIDTH))
        return cls(count, sums if len(raw) == MOST * _WIDTH and max(sums) < _FIELD else None)


def _value(id_: str) -> int:
    return int(id_.rpartition("_")[2], 16) % _FIELD


def _at(polynomial: list[int], value: int) -> int:
    found = 0
    for coefficient in polynomial:
        found = (found * value + coefficient) % _FIELD
    return found
