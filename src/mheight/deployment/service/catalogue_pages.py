"""The catalogue of good codes: its page, its rows, one code with its matrix."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from mheight.catalogue import Entry, best_code, shipped
from mheight.catalogue.entries import Kind
from mheight.catalogue.exact_code import entry_text
from mheight.catalogue.exports import entry_row
from mheight.catalogue.files import LONGEST_ENTRY
from mheight.deployment.service import schemas
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.json_replies import json_reply
from mheight.errors import InvalidCodeError

__all__ = ["add_catalogue"]

_PAGE = Path(__file__).parent / "static" / "catalogue.html"


class CatalogueRow(BaseModel):
    """The best height that is known for (n, k, m), of real or of integer entries."""

    n: int
    k: int
    m: int
    kind: Kind
    height: str
    value: float
    lower: str
    lower_value: float
    lower_rule: str
    lower_source: str
    gap: float
    status: Literal["proved", "believed", "open"]
    construction: str
    finder: str
    date: str
    proof: Literal["fractions", "balls"]


class CatalogueCode(CatalogueRow):
    """One entry with its matrix, and a codeword that attains the height."""

    G: list[list[float]]
    matrix: list[list[str]]
    codeword: list[float | str | None]


def add_catalogue(app: FastAPI) -> None:
    """Add the paths of the catalogue to an application."""

    @app.get("/catalogue", include_in_schema=False)
    async def page() -> Response:
        return FileResponse(_PAGE)

    @app.get(
        "/api/catalogue", response_model=list[CatalogueRow],
        responses={422: {"model": schemas.Failure, "description": "a value that is not allowed"}},
    )  # fmt: skip
    async def rows(
        n: Annotated[
            int | None, Query(ge=2, le=LONGEST_ENTRY, description="only this length")
        ] = None,
        kind: Annotated[Kind | None, Query(description="only these entries")] = None,
    ) -> Response:
        """The catalogue of good codes: for each (n, k, m) the least height that is known."""
        found = await asyncio.to_thread(_rows)
        wanted = [row for row in found if n in (None, row.n) and kind in (None, row.kind)]
        return json_reply([row.model_dump() for row in wanted])

    @app.get(
        "/api/catalogue/code", response_model=CatalogueCode,
        responses={422: {"model": schemas.Failure, "description": "a value that is not allowed"}},
    )  # fmt: skip
    async def code(
        n: Annotated[int, Query(ge=2, le=LONGEST_ENTRY, examples=[9])],
        k: Annotated[int, Query(ge=1, lt=LONGEST_ENTRY, examples=[4])],
        m: Annotated[int, Query(ge=1, lt=LONGEST_ENTRY, examples=[3])],
        kind: Kind = "real",
    ) -> Response:
        """The best code that is known for (n, k, m), with its matrix and a codeword."""
        try:
            found = await asyncio.to_thread(lambda: _code_dict(best_code(n, k, m, kind)))
        except InvalidCodeError as error:
            raise ServiceError(422, str(error)) from None
        return json_reply(found)


@cache
def _rows() -> tuple[CatalogueRow, ...]:
    known = shipped()
    entries = (entry for n in known.lengths() for entry in known.of_length(n))
    return tuple(CatalogueRow(**entry_row(entry)) for entry in entries)


def _code_dict(entry: Entry) -> dict[str, Any]:
    """An entry with its matrix, as plain values for JSON."""
    return {
        **entry_row(entry),
        "G": entry.G.tolist(),
        "matrix": [[entry_text(x) for x in row] for row in entry.record.code.rows],
        "codeword": entry.certificate.as_dict()["codeword"],
    }
