"""`mheight distance`: the minimum distance of codes."""

from __future__ import annotations

import json

from mheight.cli.console import out
from mheight.cli.rendering import Format, Table, render
from mheight.cli.shared_options import JsonLines, TableForm
from mheight.cli.source_options import (
    FamilyLength,
    FamilyName,
    ParityCheck,
    Systematic,
    asked_source,
    matrix_kind,
)
from mheight.cli.sources import rational_sources
from mheight.cli.theory_options import ColumnSets, SourceOfCodes
from mheight.errors import InvalidCodeError
from mheight.heights.distance import MAX_COLUMN_SETS, distance_with_doubts
from mheight.heights.doubts import doubt_text

__all__ = ["distance"]


def distance(
    source: SourceOfCodes = None,
    systematic: Systematic = False,
    parity_check: ParityCheck = False,
    family: FamilyName = None,
    length: FamilyLength = None,
    limit: ColumnSets = None,
    form: TableForm = Format.TEXT,
    as_json: JsonLines = False,
) -> None:
    """Show the minimum distance d of codes: h_m is finite for m < d and infinite from m = d on.

    Fractions and decimals are meant exactly.
    """
    kind = matrix_kind(systematic, parity_check)
    asked = asked_source(source, family, length)
    rows, notes = [], []
    for code, (name, matrix) in enumerate(rational_sources([asked], kind)):
        n, k = len(matrix[0]), len(matrix)
        try:
            most = MAX_COLUMN_SETS if limit is None else limit
            d, doubts = distance_with_doubts(matrix, limit=most)
        except InvalidCodeError as error:
            raise InvalidCodeError(f"{name}: {error}") from None
        if as_json:
            told = {"doubts": [doubt.as_dict() for doubt in doubts]} if doubts else {}
            out(json.dumps({"code": code, "n": n, "k": k, "d": d, **told}))
        if doubts:
            notes.append(f"code {code} is in doubt: {doubt_text(doubts)}")
        rows.append([str(code), str(n), str(k), str(d), str(n - k + 1)])
    if not as_json:
        title = "minimum distance d; at most n-k+1 (Singleton)"
        out(render(Table(title, ["code", "n", "k", "d", "n-k+1"], rows, notes), form))
