"""From the body of a request to what is asked, within the limits of the service."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel

from mheight.codes.given import GivenMatrices
from mheight.codes.reading import KINDS
from mheight.deployment.service import schemas
from mheight.deployment.service.bodies import read_json, validated
from mheight.deployment.service.decoding_answers import check_task
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.matrices import as_written, given_codes, with_numbers
from mheight.deployment.service.settings import ServiceSettings
from mheight.deployment.service.typed_matrix import TypedMatrix, typed_matrix
from mheight.deployment.service.word_schemas import DecodeRequest

__all__ = ["checked", "decode_asked", "heights_asked", "matrix_asked", "search_asked"]

Request_ = TypeVar("Request_", bound=BaseModel)


def heights_asked(
    body: bytes, settings: ServiceSettings
) -> tuple[schemas.HeightsRequest, list[GivenMatrices]]:
    """What `/api/heights` is asked, and its codes; as they are written where it asks for that.

    Raises:
        ServiceError: 400, 413, 422; a body that is refused.
    """
    # A key may be written with escapes.
    decimals = b'"exact"' in body or b"\\" in body
    value = _read(body, settings, decimals=decimals)
    asked = _with_texts(schemas.HeightsRequest, value)
    if asked.time_limit is not None and asked.time_limit > settings.seconds:
        raise ServiceError(
            422, f"time_limit may be at most {settings.seconds:g} here, got {asked.time_limit:g}; "
            f"/api/search takes one code for up to {settings.longest_seconds:g} s", "time_limit",
        )  # fmt: skip
    codes = given_codes(asked, settings)
    return asked, as_written(asked, codes, value, settings) if asked.exact else codes


def search_asked(
    body: bytes, settings: ServiceSettings
) -> tuple[schemas.SearchRequest, GivenMatrices]:
    """What `/api/search` is asked, and the code.

    Raises:
        ServiceError: 400, 422; a body that is refused.
    """
    asked = checked(schemas.SearchRequest, body, settings)
    longest = settings.longest_seconds
    if asked.time_limit > longest:
        raise ServiceError(
            422, f"time_limit may be at most {longest:g} here, got {asked.time_limit:g}",
            "time_limit",
        )  # fmt: skip
    (given,) = given_codes(schemas.HeightsRequest(**asked.model_dump()), settings)
    return asked, given


def decode_asked(body: bytes, settings: ServiceSettings) -> tuple[DecodeRequest, GivenMatrices]:
    """What `/api/decode` is asked, and the code.

    Raises:
        ServiceError: 400, 413, 422; a body that is refused.
    """
    value = read_json(body)
    words = value.get("words") if isinstance(value, dict) else None
    if isinstance(words, list) and len(words) > settings.words:
        raise ServiceError(
            413, f"a request may hold at most {settings.words} words, got {len(words)}", "words"
        )
    _require_short(value, settings.length)
    asked = _with_texts(DecodeRequest, value)
    (given,) = given_codes(
        schemas.HeightsRequest(**asked.model_dump(include={"G", "P", "H"})), settings
    )
    check_task(asked, given)
    return asked, given


def matrix_asked(body: bytes) -> TypedMatrix:
    """What the text in a body is read as.

    Raises:
        ServiceError: 400, 422; a body that is refused, or a text that is no matrix.
    """
    asked = validated(schemas.MatrixRequest, read_json(body))
    return typed_matrix(asked.text, asked.file)


def checked(kind: type[Request_], body: bytes, settings: ServiceSettings) -> Request_:
    """A body as a request of some kind.

    Raises:
        ServiceError: 400, 413, 422; a body that is refused.
    """
    return _with_texts(kind, _read(body, settings))


def _read(body: bytes, settings: ServiceSettings, *, decimals: bool = False) -> Any:
    """The JSON of a body, of no more and no longer codes than are allowed."""
    _require_few_rows(body, settings)
    value = read_json(body, decimals=decimals)
    codes = value.get("codes") if isinstance(value, dict) else None
    if isinstance(codes, list) and len(codes) > settings.codes:
        # Before each of them is looked at.
        raise ServiceError(
            413, f"a request may hold at most {settings.codes} codes, got {len(codes)}", "codes"
        )
    for i, code in enumerate(codes if isinstance(codes, list) else [value]):
        _require_short(code, settings.length, f"codes[{i}]" if codes is not None else None)
    return value


def _require_few_rows(body: bytes, settings: ServiceSettings) -> None:
    """Refuse more rows than codes may have before JSON makes a list of each.

    Raises:
        ServiceError: 422.
    """
    codes = settings.codes if b'"codes"' in body or b"\\" in body else 1
    rows = body.count(b"]")
    if rows > codes * (settings.length + 1) + 16 and body.count(b"[") >= rows:
        raise ServiceError(
            422, f"n may be at most {settings.length} here, got {rows:,} rows or lists", None
        )


def _require_short(code: Any, longest: int, where: str | None = None) -> None:
    """Refuse a code that is too long before anything is made of its rows.

    Raises:
        ServiceError: 422.
    """
    if not isinstance(code, dict):
        return
    for kind in KINDS:
        rows = code.get(kind)
        if not isinstance(rows, list):
            continue
        widest = max((len(row) for row in rows[: longest + 1] if isinstance(row, list)), default=0)
        n = len(rows) + widest if kind == "P" else max(len(rows), widest)
        if n > longest:
            place = kind if where is None else f"{where}.{kind}"
            raise ServiceError(422, f"n may be at most {longest} here, got n = {n}", place)


def _with_texts(kind: type[Request_], value: Any) -> Request_:
    try:
        return validated(kind, value)
    except ServiceError:
        # Entries may be texts of numbers; looked for only here, since that takes time.
        return validated(kind, with_numbers(value))
