"""From the bytes of a request to a checked value; nothing but plain JSON passes."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from mheight.deployment.service.failures import ServiceError

__all__ = ["WrittenNumber", "read_json", "validated"]

Model = TypeVar("Model", bound=BaseModel)
_LONGEST_TEXT = 60
_MOST_KEYS = 16  # so that a body cannot make a list of a hundred thousand unknown keys


class WrittenNumber(float):
    """A float that remembers how it was written: `text`, which may have more digits."""

    text: str

    def __new__(cls, text: str) -> WrittenNumber:
        """The nearest float."""
        found = super().__new__(cls, text)
        found.text = text
        return found


def read_json(body: bytes, *, decimals: bool = False) -> Any:
    """The value of a JSON text in UTF-8, by the standard and not beyond it.

    Args:
        body: the text.
        decimals: whether numbers with a point or an exponent are each a `WrittenNumber`, which
            takes longer.

    Raises:
        ServiceError: 400; no JSON, NaN or infinity, a key given twice, nesting too deep.
    """
    if not body.strip():
        raise ServiceError(400, "the body is empty; it must be a JSON object")
    try:
        return json.loads(
            body.decode("utf-8"), parse_float=WrittenNumber if decimals else None,
            parse_constant=_refuse_constant, object_pairs_hook=_without_twins,
        )  # fmt: skip
    except UnicodeDecodeError:
        raise ServiceError(400, "the body is not UTF-8") from None
    except RecursionError:
        raise ServiceError(400, "the JSON of the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ServiceError(
            400, f"the body is not JSON: {error.msg}, line {error.lineno} column {error.colno}"
        ) from None
    except ValueError:
        raise ServiceError(400, "a number in the body has too many digits") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ServiceError(400, f"JSON has no {name}")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > _MOST_KEYS:
        raise ServiceError(400, f"an object has at most {_MOST_KEYS} keys, got {len(pairs)}")
    out = dict(pairs)
    if len(out) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for i, name in enumerate(names) if name in names[:i])
        raise ServiceError(400, f"a key must be given once, got {_short(twin)} twice")
    return out


def validated(model: type[Model], value: Any) -> Model:
    """The value as a model.

    Raises:
        ServiceError: 422, with the first place that is wrong.
    """
    if not isinstance(value, dict):
        raise ServiceError(422, f"the body must be a JSON object, got {_kind(value)}")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = _path(first["loc"])
        raise ServiceError(422, _sentence(first, where or "the request"), where) from None
    except RecursionError:
        raise ServiceError(422, "the request is nested too deeply") from None


def _path(places: tuple[int | str, ...]) -> str | None:
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{_cut(p)}" for p in places)
    return text.removeprefix(".") or None


def _sentence(error: Any, where: str) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{where} is not a known key"
    if kind == "missing":
        return f"{where} is missing"
    if kind == "value_error":
        return str(context["error"])
    if kind == "finite_number":
        return f"{where} is too large for a float"
    if kind in ("too_long", "too_short"):
        limit = context.get("max_length", context.get("min_length"))
        bound = "at most" if kind == "too_long" else "at least"
        return f"{where} must have {bound} {limit} entries, got {context['actual_length']}"
    wanted = {
        "float_type": "a number",
        "int_type": "an integer",
        "bool_type": "true or false",
        "list_type": "a list",
        "model_type": "an object",
        "model_attributes_type": "an object",
    }.get(kind)
    if wanted is not None:
        return f"{where} must be {wanted}, got {_kind(value)}"
    return f"{where}: {error['msg'][:1].lower()}{error['msg'][1:]}, got {_kind(value)}"


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return f"the text {_short(value)}"
    if isinstance(value, int | float):
        return _cut(repr(value)) if abs(value) < 1e300 else "a number beyond any float"
    return "a list" if isinstance(value, list) else "an object"


def _short(text: str) -> str:
    return json.dumps(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."
