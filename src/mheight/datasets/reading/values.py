"""Samples in nested lists and dicts, as pickles, JSON and archives of arrays hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mheight.datasets.reading.names import Fields, fields_of, triple
from mheight.datasets.reading.rows import Row, depth, is_container
from mheight.errors import InvalidDataError

__all__ = ["Known", "rows_of", "says_m"]

_SCALARS = (int, float, np.number)


@dataclass(frozen=True)
class Known:
    """What is known of samples from around them."""

    where: str
    label: str | None = None
    n: Any = None
    k: Any = None
    m: Any = None
    key: Any = None

    def inside(self, name: Any) -> Known:
        """The same, one level deeper; `where` stays short."""
        text = f"[{str(name)[:40]!r}]" if isinstance(name, str) else f"[{str(name)[:40]}]"
        return replace(self, where=f"{self.where}{text}", key=name)


def rows_of(value: Any, known: Known) -> Iterator[Row]:
    """Samples of a value: of a list, of a dict by name, by `(n, k, m)` or in columns.

    Args:
        value: one sample or any nesting of some.
        known: its source, and what that says already.

    Raises:
        InvalidDataError: nothing that holds samples, or more than one thing that might.
    """
    if isinstance(value, dict):
        yield from _of_dict(value, known)
    elif _is_plain_sample(value):
        yield Row(value[0], value[1], value[2], value[3], key=known.key)
    elif depth(value) == 2 and not _holds_samples(value):
        yield _matrix(value, known)
    elif is_container(value):
        for i, item in enumerate(value):
            inside = replace(known, where=f"{known.where}, sample {i}", key=None)
            if isinstance(item, dict):
                yield from _of_dict(item, inside)
            elif _is_plain_sample(item):
                yield Row(item[0], item[1], item[2], item[3])
            elif is_container(item) and (depth(item) == 2 or known.m is not None):
                yield _matrix(item, inside)
            else:
                raise InvalidDataError(
                    f"{inside.where}: a sample is a list [n, k, m, P], got {_short(item)}"
                )
    else:
        raise InvalidDataError(
            f"{known.where}: a list of samples [n, k, m, P] is needed, got {_short(value)}"
        )


def says_m(value: Any) -> bool:
    """Whether a value holds samples that say which height they mean, not matrices alone."""
    if isinstance(value, dict):
        plain = {str(name).strip().lower() for name in list(value)[:100]}
        if "m" in plain or ("generatormatrix" in plain and plain & {"height", "h", "result"}):
            return True  # a height asks for its m, a generator matrix alone does not
        for name, item in list(value.items())[:100]:
            if triple(name):
                return True
            if (isinstance(item, dict) or is_container(item)) and says_m(item):
                return True
        return False
    if _is_plain_sample(value):
        return True
    if isinstance(value, list | tuple) and len(value):
        return isinstance(value[0], dict | list | tuple) and says_m(value[0])
    return False


def _is_plain_sample(value: Any) -> bool:
    """Three values and a matrix, or what stands where a matrix should."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 4
        and not any(is_container(part) or isinstance(part, dict) for part in value[:3])
        and not isinstance(value[3], _SCALARS)
    )


def _holds_samples(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(_is_plain_sample(item) for item in value[:1])


def _matrix(value: Any, known: Known) -> Row:
    """A matrix without words: P where n, k and m are known, else G."""
    first = value[0] if len(value) else None
    columns = len(first) if first is not None and is_container(first) else 0
    whole = known.n is not None and columns == known.n
    kind = "P" if known.m is not None and not whole else "G"
    return Row(known.n, known.k, known.m, value, kind, key=known.key)


# --- dicts -------------------------------------------------------------------------------


def _of_dict(value: Mapping[Any, Any], known: Known) -> Iterator[Row]:
    if not value:
        raise InvalidDataError(f"{known.where}: at least one sample is needed, got none")
    triples = [triple(name) for name in value]
    if all(triples):
        for name, item in value.items():
            n, k, m = triple(name) or (None, None, None)
            yield from _of_triple(item, replace(known.inside(name), n=n, k=k, m=m, key=(n, k, m)))
        return
    names = [name for name in value if not isinstance(value[name], dict)]
    plain = {str(name).strip().lower() for name in names}
    if plain & {"p", "g", "generatormatrix", "generator_matrix", "parity"}:
        fields = fields_of(names, known.where, _label_among(names, known.label), value)
        if _in_columns(value, fields):
            yield from _of_columns(value, fields, known)
        else:
            yield _of_fields(value, fields, known)
        return
    inner = {name: item for name, item in value.items() if _may_hold(item)}
    if inner and all(isinstance(item, dict) for item in inner.values()):
        for name, item in inner.items():
            yield from _of_dict(item, _with_scalars(value, known).inside(name))
    elif len(inner) == 1:
        ((name, item),) = inner.items()
        yield from rows_of(item, replace(_with_scalars(value, known), key=None))
    elif not inner:
        raise InvalidDataError(
            f"{known.where}: the keys n, k, m, P and perhaps height are needed, "
            f"got {', '.join(str(name)[:20] for name in list(value)[:8])}"
        )
    else:
        raise InvalidDataError(
            f"{known.where}: one list of samples is needed, got lists under the keys "
            + ", ".join(str(name)[:20] for name in list(inner)[:8])
        )


def _may_hold(item: Any) -> bool:
    return isinstance(item, dict) or is_container(item)


def _label_among(names: list[Any], label: str | None) -> str | None:
    """Not every object of a file must have the label that was asked for."""
    return label if label is None or label in names else "none"


def _with_scalars(value: Mapping[Any, Any], known: Known) -> Known:
    """What an object says once for all samples that it lists."""
    said = {name: value[name] for name in ("n", "k", "m") if isinstance(value.get(name), _SCALARS)}
    return replace(known, **said)


def _of_triple(item: Any, known: Known) -> Iterator[Row]:
    """One matrix under `(n, k, m)`, or a list of them."""
    if isinstance(item, dict):
        yield from _of_dict(item, known)
    elif isinstance(item, str) or depth(item) <= 2:
        yield (
            _matrix(item, known)
            if depth(item) == 2
            else Row(known.n, known.k, known.m, item, key=known.key)
        )
    else:
        for one in item:
            yield _matrix(one, known)


def _of_fields(value: Mapping[Any, Any], fields: Fields, known: Known) -> Row:
    kind = "P" if "P" in fields.of else "G"
    if {"P", "G"} <= set(fields.of):
        raise InvalidDataError(f"{known.where}: P or G is needed, got both")

    def said(name: str, otherwise: Any) -> Any:
        return value[fields.of[name]] if name in fields.of else otherwise

    height = value[fields.label] if fields.label is not None else None
    if fields.label is not None and height is None:
        height = float("inf")  # as JSON files of heights have it
    return Row(
        said("n", known.n),
        said("k", known.k),
        said("m", known.m),
        value[fields.of[kind]],
        kind,
        height,
        known.key,
        said("sample_id", None),
    )


# --- columns -----------------------------------------------------------------------------


def _in_columns(value: Mapping[Any, Any], fields: Fields) -> bool:
    """Whether an object holds parallel lists rather than one sample."""
    matrix = value[fields.of.get("P", fields.of.get("G"))]
    lists = any(is_container(value[fields.of[name]]) for name in "nkm" if name in fields.of)
    return lists or depth(matrix) == 3


def _of_columns(value: Mapping[Any, Any], fields: Fields, known: Known) -> Iterator[Row]:
    columns = {meaning: value[name] for meaning, name in fields.of.items()}
    if fields.label is not None:
        columns["height"] = value[fields.label]
    lists = {name: _flat(item, name) for name, item in columns.items() if is_container(item)}
    lengths = {meaning: len(item) for meaning, item in lists.items()}
    if len(set(lengths.values())) != 1:
        raise InvalidDataError(
            f"{known.where}: columns of one length are needed, got "
            + ", ".join(f"{length} of {meaning}" for meaning, length in lengths.items())
        )
    kind = "P" if "P" in columns else "G"
    for i in range(lengths[kind]):
        one = {meaning: item[i] for meaning, item in lists.items()}
        at = {**columns, **one}
        yield Row(
            at.get("n", known.n),
            at.get("k", known.k),
            at.get("m", known.m),
            at[kind],
            kind,
            at.get("height"),
            None,
            at.get("sample_id"),
        )


def _flat(item: Any, meaning: str) -> Any:
    """A column; MATLAB has them as rows or columns of a matrix."""
    if isinstance(item, np.ndarray) and item.ndim == 2 and 1 in item.shape:
        return item.reshape(-1) if meaning not in ("P", "G") or item.dtype == object else item
    return item


def _short(value: Any) -> str:
    if isinstance(value, (*_SCALARS, str)):
        return str(value)[:40]
    return type(value).__name__
