"""A matrix as somebody typed or pasted it, read as the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mheight.codes.numbers import canonical, number
from mheight.codes.reading import KINDS, Block, Kind, read_stream
from mheight.codes.reading.text import parse_block
from mheight.deployment.service.failures import ServiceError
from mheight.errors import InvalidCodeError

__all__ = ["TypedMatrix", "typed_matrix"]


@dataclass(frozen=True)
class TypedMatrix:
    """What a text is read as.

    Attributes:
        kind: what the text says it is; None if it doesn't.
        rows: its entries as numbers.
        texts: its entries as they are written.
        not_p: why it can't be the P of [I | P], if there is a reason.
    """

    kind: Kind | None
    rows: list[list[float]]
    texts: list[list[str]]
    not_p: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": self.kind, "rows": self.rows, "texts": self.texts, "not_p": self.not_p}


def typed_matrix(text: str, file: str | None = None) -> TypedMatrix:
    """What a text is read as: its kind if it says so, its entries as they are written, numbers.

    Args:
        text: typed or pasted, or what a file holds.
        file: the name of that file; None for none.

    Raises:
        ServiceError: 422; no matrix, several, or one that can be read in two ways.
    """
    try:
        block = _block(text, file)
    except InvalidCodeError as error:
        raise ServiceError(422, str(error), "text") from None
    kind, values = block.kind, block.values
    if isinstance(values, dict):
        (kind,) = (name for name in KINDS if name in values)
        values = values[kind]
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if len(values) == 1 and isinstance(values[0][0], list):
        (values,) = values
    try:
        texts = [[_entry_text(x) for x in row] for row in values]
        rows = [[float(number(x)) for x in row] for row in texts]
    except (ValueError, TypeError, ArithmeticError):
        raise ServiceError(422, "a matrix is rows of finite numbers", "text") from None
    if not all(map(np.isfinite, (x for row in rows for x in row))):
        raise ServiceError(422, "entries must be finite", "text")
    return TypedMatrix(kind, rows, texts, block.not_p)


def _block(text: str, file: str | None) -> Block:
    if file is None:
        return parse_block(text, exact=True)
    blocks = list(read_stream(text.splitlines(keepends=True), file, exact=True))
    if len(blocks) != 1:
        raise ServiceError(422, f"one matrix is needed here, got {len(blocks)} in {file}", "text")
    return blocks[0]


def _entry_text(entry: Any) -> str:
    return canonical(entry) if isinstance(entry, str) else repr(entry)
