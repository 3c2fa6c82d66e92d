"""From the matrices of a request to codes, held as they were given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes.from_blocks import CodeBatch, batches, rational_codes
from mheight.codes.given import GivenMatrices
from mheight.codes.numbers import canonical, number
from mheight.codes.rationals import Matrix
from mheight.codes.reading import KINDS, Block, Kind, read_stream
from mheight.codes.reading.text import parse_block
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.schemas import CodeInput, HeightsRequest, PredictionsRequest
from mheight.deployment.service.settings import LARGEST_ENTRY, SMALLEST_ENTRY, ServiceSettings
from mheight.errors import InvalidCodeError
from mheight.heights.profile import systematic_form
from mheight.tiers import Group, Groups

__all__ = [
    "Row",
    "exact_generators",
    "given_codes",
    "parity_rows",
    "place",
    "typed_matrix",
    "with_numbers",
]

Float = NDArray[np.float64]

_LONGEST_ENTRY = 40
"""Characters of an entry given as text, or of one to be taken exactly."""

Row = tuple[Group, Float]
"""Group and P of a sample."""


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


def exact_generators(
    request: HeightsRequest, body: bytes, settings: ServiceSettings
) -> list[Matrix]:
    """Generator matrices of all codes of a request, in fractions, as they are written.

    Args:
        request: what was read of the body; its codes are checked already.
        body: the JSON itself, since a decimal may have more digits than a float.
        settings: limits.

    Raises:
        ServiceError: 422; a code that is too long, or an entry of too many digits.
    """
    value = json.loads(body, parse_float=str)
    given = [value] if request.codes is None else value["codes"]
    out = []
    for i, code in enumerate(given):
        (kind,) = (kind for kind in KINDS if code.get(kind) is not None)
        where = _join(place(request, i), kind)
        for row in code[kind]:
            for x in row:
                if len(str(x)) > _LONGEST_ENTRY:
                    raise ServiceError(
                        422, f"an entry may have at most {_LONGEST_ENTRY} characters here", where
                    )
        rows = [[canonical(x) if isinstance(x, str) else x for x in row] for row in code[kind]]
        try:
            ((_, matrix),) = rational_codes([Block(rows, kind)])
        except InvalidCodeError as error:
            raise ServiceError(422, str(error), where) from None
        n = len(matrix[0])
        if n > settings.exact_length:
            raise ServiceError(
                422, f"exact calculates codes of n up to {settings.exact_length} here, got n = {n}",
                where,
            )  # fmt: skip
        out.append(matrix)
    return out


def typed_matrix(text: str, file: str | None = None) -> dict[str, Any]:
    """What a text is read as: its kind if it says so, its entries as they are written, numbers.

    Args:
        text: typed or pasted, or what a file holds.
        file: the name of that file; None for none.

    Raises:
        ServiceError: 422; no matrix, several, or one that can be read in two ways.
    """
    try:
        if file is None:
            block = parse_block(text, exact=True)
        else:
            lines = text.splitlines(keepends=True)
            blocks = list(read_stream(lines, file, exact=True))
            if len(blocks) != 1:
                raise ServiceError(
                    422, f"one matrix is needed here, got {len(blocks)} in {file}", "text"
                )
            (block,) = blocks
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
    return {"kind": kind, "rows": rows, "texts": texts, "not_p": block.not_p}


def _entry_text(entry: Any) -> str:
    return canonical(entry) if isinstance(entry, str) else repr(entry)


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


def parity_rows(
    request: PredictionsRequest, settings: ServiceSettings, groups: Groups
) -> tuple[list[int], list[Row]]:
    """Samples of the codes of a request: for each code as many as heights are wanted.

    Args:
        request: what is wanted.
        settings: limits.
        groups: those that the model predicts.

    Returns:
        For each code its number of samples, and all samples.

    Raises:
        ServiceError: as for `generators`; 422 for codes that the model does not know.
    """
    counts, rows = [], []
    for i, given in enumerate(given_codes(request, settings)):
        k, n = given.shape
        orders = groups.orders(n, k)
        if not orders:
            codes = [f"[{n}, {k}]" for n, k in dict.fromkeys(g[:2] for g in groups)]
            known = ", ".join(codes) if len(codes) <= 9 else f"of n <= {groups.lengths[-1]}"
            raise ServiceError(
                422, f"the model predicts codes {known}, got [{n}, {k}]; "
                "/api/heights computes heights of others", place(request, i),
            )  # fmt: skip
        if request.m is not None:
            if request.m not in orders:
                known = ", ".join(map(str, orders))
                raise ServiceError(
                    422, f"for [{n}, {k}] the model predicts m = {known}, got {request.m}; "
                    "/api/heights computes the others", place(request, i) or "m",
                )  # fmt: skip
            orders = [request.m]
        P = _parity(CodeBatch(0, given).generators[0], place(request, i))
        counts.append(len(orders))
        rows += [(Group(n, k, m), P) for m in orders]
    return counts, rows


def _parity(G: Float, where: str | None) -> Float:
    k = len(G)
    if (G[:, :k] == np.eye(k)).all():
        return np.asarray(G[:, k:])
    try:
        return np.asarray(systematic_form(G)[:, k:])
    except InvalidCodeError as error:
        raise ServiceError(422, str(error), _join(where, "G")) from None
