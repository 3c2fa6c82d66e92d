"""From the matrices of a request to codes, held as they were given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode
from mheight.codes.algebra.exact_matrices import as_fractions
from mheight.codes.from_blocks import CodeBatch, batches
from mheight.codes.given import GivenMatrices
from mheight.codes.numbers import number
from mheight.codes.rationals import rational_number
from mheight.codes.reading import KINDS, Block, Kind
from mheight.deployment.service.bodies import WrittenNumber
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.predicted import AskedCode
from mheight.deployment.service.schemas import CodeInput, HeightsRequest, PredictionsRequest
from mheight.deployment.service.settings import LARGEST_ENTRY, SMALLEST_ENTRY, ServiceSettings
from mheight.errors import InvalidCodeError
from mheight.tiers import Groups

__all__ = ["as_written", "asked_codes", "given_codes", "place", "with_numbers"]

Float = NDArray[np.float64]

_LONGEST_ENTRY = 40
"""Characters of an entry given as text, or of one to be taken exactly."""


def place(request: HeightsRequest | PredictionsRequest, i: int) -> str | None:
    """What messages call code i of a request; None where there is only one."""
    return None if request.codes is None else f"codes[{i}]"


def given_codes(
    request: HeightsRequest | PredictionsRequest, settings: ServiceSettings
) -> list[GivenMatrices]:
    """The matrices of all codes of a request, one by one; k < n, or k <= n where m is given.

    Ranks of G are not looked at.

    Raises:
        ServiceError: 422 for a matrix that describes no code, or
            is too long, or has entries so large or small that exact arithmetic takes long.
    """
    codes: Sequence[CodeInput] = [request] if request.codes is None else request.codes
    found = _together(codes, settings.length) or _one_by_one(request, codes, settings.length)
    for i, given in enumerate(found):
        k, n = given.shape
        if k == n and request.m is None:
            raise ServiceError(
                422, f"n > k is needed, got n = k = {n}: every height is infinite",
                place(request, i),
            )  # fmt: skip
        if request.m is not None and request.m >= n:
            m = request.m if request.m < 1000 else "more than 999"
            raise ServiceError(
                422, f"m must be an integer in 1..n-1 = 1..{n - 1}, got {m}",
                _join(place(request, i), "m") if request.codes is None else place(request, i),
            )  # fmt: skip
    return found


def with_numbers(value: Any) -> Any:
    """A request in which texts of numbers, such as "1/3", are numbers.

    Texts that are none stay, so that whoever checks the request says so.
    """
    if isinstance(value, dict):
        return {
            key: [_with_numbers(code) for code in inner]
            if key == "codes" and isinstance(inner, list)
            else inner
            for key, inner in _with_numbers(value).items()
        }
    return value


def _with_numbers(code: Any) -> Any:
    if not isinstance(code, dict):
        return code
    return {key: _rows(inner) if key in KINDS else inner for key, inner in code.items()}


def _rows(rows: Any) -> Any:
    if not isinstance(rows, list):
        return rows
    return [[_number(x) for x in row] if isinstance(row, list) else row for row in rows]


def _number(entry: Any) -> Any:
    if not isinstance(entry, str) or len(entry) > _LONGEST_ENTRY:
        return entry
    try:
        found = float(number(entry))
    except (ValueError, ArithmeticError):
        return entry
    return found if np.isfinite(found) else entry


def as_written(
    request: HeightsRequest, codes: Sequence[GivenMatrices], body: Any, settings: ServiceSettings
) -> list[GivenMatrices]:
    """The codes of a request with nothing rounded: entries are the decimals that were written.

    Args:
        request: what was read of the body.
        codes: its codes, from `given_codes`.
        body: the JSON itself, from `read_json` with its decimals, since one may have more digits
            than a float.
        settings: limits.

    Raises:
        ServiceError: 422; a code that is too long, or an entry of too many digits.
    """
    written = [body] if request.codes is None else body["codes"]
    out = []
    for i, (given, code) in enumerate(zip(codes, written, strict=True)):
        where = _join(place(request, i), given.kind)
        try:
            exact = _with_fractions(given, code[given.kind], where)
        except InvalidCodeError as error:
            raise ServiceError(422, str(error), where) from None
        if given.n > settings.exact_length:
            raise ServiceError(
                422, f"exact calculates codes of n up to {settings.exact_length} here, got n = "
                f"{given.n}", where,
            )  # fmt: skip
        out.append(exact)
    return out


def _with_fractions(given: GivenMatrices, written: list[list[Any]], where: str) -> GivenMatrices:
    """A code with those of its entries that no float holds.

    Raises:
        ServiceError: 422; an entry of too many digits.
        InvalidCodeError: an exponent that is too large; rows that are dependent before they
            are rounded.
    """
    texts = [[x.text if isinstance(x, WrittenNumber) else x for x in row] for row in written]
    if any(len(str(x)) > _LONGEST_ENTRY for row in texts for x in row):
        raise ServiceError(
            422, f"an entry may have at most {_LONGEST_ENTRY} characters here", where
        )
    rows = tuple(
        tuple(rational_number(x, given.kind, f" at index {(i, j)}") for j, x in enumerate(row))
        for i, row in enumerate(texts)
    )
    if rows == as_fractions(given.values[0]):
        return given
    exact = replace(given, exact={0: rows})
    if exact.is_check:
        exact.check_ranks([0])
    return exact


def _together(codes: Sequence[CodeInput], longest: int) -> list[GivenMatrices] | None:
    """Many codes of one kind and shape; None if anything is amiss."""
    kinds = [kind for kind in KINDS if getattr(codes[0], kind) is not None]
    if len(codes) == 1 or len(kinds) != 1:
        return None
    (kind,) = kinds
    others = [other for other in KINDS if other != kind]
    if any(getattr(code, other) is not None for other in others for code in codes):
        return None
    try:
        stack = np.array([getattr(code, kind) for code in codes], dtype=np.float64)
    except (ValueError, TypeError):
        return None
    if stack.ndim != 3 or _wrong_entries(stack).any() or _length(kind, stack[0]) > longest:
        return None
    try:
        return _alone(batches([Block(stack, kind)]))
    except InvalidCodeError:
        return None


def _one_by_one(
    request: HeightsRequest | PredictionsRequest, codes: Sequence[CodeInput], longest: int
) -> list[GivenMatrices]:
    """Codes of any kind; says which one is wrong, and where."""
    blocks = []
    for i, code in enumerate(codes):
        kind, matrix = _matrix(code, place(request, i))
        _check_size(kind, matrix, _join(place(request, i), kind), longest)
        blocks.append(Block(matrix, kind))
    try:
        return _alone(batches(blocks))
    except InvalidCodeError:
        return [_one(block, place(request, i)) for i, block in enumerate(blocks)]


def _wrong_entries(matrix: Float) -> NDArray[np.bool_]:
    sizes = np.abs(matrix)
    return (sizes > LARGEST_ENTRY) | ((sizes < SMALLEST_ENTRY) & (sizes > 0))


def _matrix(code: CodeInput, where: str | None) -> tuple[Kind, Float]:
    given = [(kind, value) for kind in KINDS if (value := getattr(code, kind)) is not None]
    if len(given) != 1:
        raise ServiceError(422, "exactly one of G, P and H is needed", where)
    kind, rows = given[0]
    lengths = sorted({len(row) for row in rows})
    where = _join(where, kind)
    if len(lengths) > 1:
        raise ServiceError(
            422, f"{kind} must have rows of one length, got lengths {lengths[0]} and {lengths[-1]}",
            where,
        )  # fmt: skip
    matrix = np.array(rows, dtype=np.float64)
    wrong = _wrong_entries(matrix)
    if wrong.any():
        i, j = np.argwhere(wrong)[0].tolist()
        raise ServiceError(
            422, f"entries must be 0 or of magnitude {SMALLEST_ENTRY:g} to {LARGEST_ENTRY:g}, "
            f"got {matrix[i, j]:g}", f"{where}[{i}][{j}]",
        )  # fmt: skip
    return kind, matrix


def _check_size(kind: Kind, matrix: Float, where: str, longest: int) -> None:
    n = _length(kind, matrix)
    if n > longest:
        raise ServiceError(422, f"n may be at most {longest} here, got n = {n}", where)


def _length(kind: Kind, matrix: Float) -> int:
    """The length, or the rows if a matrix that is no code has more of them."""
    rows, columns = matrix.shape
    return int(max(rows, rows + columns if kind == "P" else columns))


def _alone(found: Iterable[CodeBatch]) -> list[GivenMatrices]:
    return [batch.given.alone(i) for batch in found for i in range(len(batch))]


def _one(block: Block, where: str | None) -> GivenMatrices:
    try:
        (batch,) = batches([block])
    except InvalidCodeError as error:
        raise ServiceError(422, str(error), _join(where, str(block.kind))) from None
    return batch.given.alone(0)


def _join(where: str | None, name: str) -> str:
    return name if where is None else f"{where}.{name}"


def asked_codes(
    request: PredictionsRequest, settings: ServiceSettings, groups: Groups
) -> list[AskedCode]:
    """The codes of a request, with those of their heights that are to be predicted.

    Args:
        request: what is wanted.
        settings: limits.
        groups: those that the model predicts.

    Raises:
        ServiceError: as for `given_codes`; 422 for codes that the model does not know.
    """
    out = []
    for i, given in enumerate(given_codes(request, settings)):
        where = place(request, i)
        orders = _orders(given.shape, request.m, groups, where)
        out.append(AskedCode(orders, _parity(given, where)))
    return out


def _orders(
    shape: tuple[int, int], m: int | None, groups: Groups, where: str | None
) -> Sequence[int]:
    """The heights of a code that a model is to predict: h_m alone, or all that it can."""
    k, n = shape
    orders = groups.orders(n, k)
    if not orders:
        codes = [f"[{n}, {k}]" for n, k in dict.fromkeys(g[:2] for g in groups)]
        known = ", ".join(codes) if len(codes) <= 9 else f"of n <= {groups.lengths[-1]}"
        raise ServiceError(
            422, f"the model predicts codes {known}, got [{n}, {k}]; "
            "/api/heights computes heights of others", where,
        )  # fmt: skip
    if m is None:
        return orders
    if m not in orders:
        known = ", ".join(map(str, orders))
        raise ServiceError(
            422, f"for [{n}, {k}] the model predicts m = {known}, got {m}; "
            "/api/heights computes the others", where or "m",
        )  # fmt: skip
    return [m]


def _parity(given: GivenMatrices, where: str | None) -> Float:
    matrix, k = given.values[0], given.k
    if given.kind == "P":
        return np.asarray(matrix)
    if given.kind == "G" and (matrix[:, :k] == np.eye(k)).all():
        return np.asarray(matrix[:, k:])  # without a look at its rank
    try:
        return LinearCode.from_given(given).P
    except InvalidCodeError as error:
        raise ServiceError(422, str(error), _join(where, given.kind)) from None
