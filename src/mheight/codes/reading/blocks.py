"""What readers hand on: matrices as they came, not yet checked to be codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from mheight.errors import InvalidCodeError

__all__ = ["KINDS", "Block", "Kind", "batch_length", "kind_asked"]

Kind = Literal["G", "P", "H"]
"""What a matrix is: a generator matrix, P of [I | P], or a parity-check matrix."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_BATCH_ENTRIES = 2**21  # 16 MiB of float64
_MOST_IN_BATCH = 2**16


@dataclass(frozen=True, eq=False)
class Block:
    """One matrix or some.

    Attributes:
        values: shape (N, a, b), or one matrix as rows, or as an object with its kind as key.
        kind: what the file says the matrices are; None if it doesn't.
        not_p: why they can't be the P of [I | P], if there is a reason.
    """

    values: Any
    kind: Kind | None = None
    not_p: str = ""

    def told(self, wanted: Kind | None, where: str = "") -> tuple[Any, Kind]:
        """The values, and what they are: what the block says, what is asked for, else G.

        Args:
            wanted: what is asked for.
            where: stands before a message.

        Raises:
            InvalidCodeError: the two differ, or an object has not one key.
        """
        values, said = self.values, self.kind
        if isinstance(values, dict):
            keys = [key for key in KINDS if key in values]
            if len(keys) != 1:
                raise InvalidCodeError(
                    f"{where}an object needs exactly one of the keys {', '.join(KINDS)}"
                )
            values, said = values[keys[0]], keys[0]
        if self.not_p and (said or wanted) == "P":
            raise InvalidCodeError(f"{where}{self.not_p}")
        if said is not None and wanted is not None and said != wanted:
            raise InvalidCodeError(
                f"{where}a matrix {wanted} is asked for, but this one is called {said}"
            )
        return values, said or wanted or "G"


def kind_asked(systematic: bool, parity_check: bool) -> Kind | None:
    """What matrices are by two options; None if they say nothing.

    Raises:
        InvalidCodeError: both were chosen.
    """
    if systematic and parity_check:
        raise InvalidCodeError("a matrix is either P or H: choose systematic or parity_check")
    return "P" if systematic else "H" if parity_check else None


def batch_length(entries: int) -> int:
    """How many matrices of so many entries are worked on at a time."""
    return min(_MOST_IN_BATCH, max(1, _BATCH_ENTRIES // max(entries, 1)))
