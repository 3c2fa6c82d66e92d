"""What a manifest must say, and how the JSON of a bundle is read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from mheight.errors import InvalidDataError
from mheight.tiers import COURSE_9, LONGEST, Groups, Tier

__all__ = ["check_manifest", "object_of", "reached_groups", "trained_groups"]

_DEEPEST = 16
_LONGEST_TEXT = 20_000
_LARGEST_NUMBER = 1e15

_NAME, _NUMBER, _COUNT = "text", "a number", "a count"
_MAYBE_NUMBER, _MAYBE_COUNT = "a number or null", "a count or null"
_MAYBE_TRUTH = "true, false or null"

_SCORES = {
    "overall": _NUMBER,
    "tiers": {tier.value: _MAYBE_NUMBER for tier in Tier},
    "groups": Mapping,
    "counts": Mapping,
}
_FIELDS: dict[str, Any] = {
    "name": _NAME,
    "description": _NAME,
    "created": _NAME,
    "mheight": _NAME,
    "features": _NAME,
    "network": {"name": _NAME, "parameters": _COUNT, "inputs": Mapping},
    "training": {
        "data": _NAME, "epochs": _COUNT, "best_epoch": _COUNT, "minutes": _NUMBER, "audit": _NAME,
    },
    "criteria": [{"name": _NAME, "passed": _MAYBE_TRUTH}],
    "metrics": [
        {"data": _NAME, "scores": _SCORES, "coverage": _MAYBE_NUMBER, "flagged": _MAYBE_COUNT}
    ],
    "intervals": {"level": _NUMBER, "overall": _MAYBE_NUMBER, "rows": _COUNT},
    "versions": Mapping,
    "parity": {"rows": _COUNT, "batches": [_COUNT], "largest_difference": _NUMBER},
}  # fmt: skip


def object_of(content: bytes) -> dict[str, Any]:
    """The object that JSON holds.

    Raises:
        ValueError: no JSON in UTF-8, no object, nested too deeply, a key that comes twice, NaN or
            infinity.
    """
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_single, parse_constant=_no_number
        )
        _check_depth(value)
    except UnicodeDecodeError:
        raise ValueError("text in UTF-8 is needed") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("it must hold an object")
    return value


def trained_groups(manifest: Mapping[str, Any]) -> Groups:
    """The groups that the network was trained on; bundles say so since there are others.

    Raises:
        ValueError: what is said of them is something else.
    """
    try:
        return Groups.from_dict(manifest["groups"]) if "groups" in manifest else COURSE_9
    except InvalidDataError as error:
        raise ValueError(f"groups: {error}") from None


def reached_groups(manifest: Mapping[str, Any]) -> Groups:
    """The groups that the network predicts: those of training, then all up to some length.

    Raises:
        ValueError: what is said of them is something else.
    """
    trained = trained_groups(manifest)
    longest = manifest.get("longest")
    if longest is None:
        return trained
    if type(longest) is not int or not max(trained.lengths) <= longest <= LONGEST:
        raise ValueError(
            f"longest must lie in {max(trained.lengths)}..{LONGEST}, got {longest!r:.40}"
        )
    return Groups.together([trained, Groups.up_to(longest)])


def check_manifest(manifest: Mapping[str, Any]) -> None:
    """Refuse a manifest that lacks what readers of a bundle rely on.

    Raises:
        ValueError: a field is missing, or of another type.
    """
    _check(manifest, _FIELDS, "")
    groups = trained_groups(manifest)
    reached_groups(manifest)
    for i, one in enumerate(manifest["metrics"]):
        scores, where = one["scores"], f"metrics[{i}].scores"
        among = Groups.from_dict(scores["tier_of"]) if "tier_of" in scores else groups
        for what, wanted in (("groups", _MAYBE_NUMBER), ("counts", _COUNT)):
            _check(scores[what], dict.fromkeys(among.names, wanted), f"{where}.{what}")
    for where, names in (("network.inputs", list), ("versions", str)):
        holder: Any = manifest
        for part in where.split("."):
            holder = holder[part]
        for name, value in holder.items():
            if len(name) > 200 or not isinstance(value, names):
                raise ValueError(f"{where}.{name[:40]} is of another type")


def _check(value: Any, wanted: Any, where: str) -> None:
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{where or 'it'} must be an object")
        for name, inner in wanted.items():
            at = f"{where}.{name}" if where else name
            if name not in value:
                raise ValueError(f"{at} is missing")
            _check(value[name], inner, at)
    elif isinstance(wanted, list):
        if not isinstance(value, list) or len(value) > 1000:
            raise ValueError(f"{where} must be a list")
        for i, one in enumerate(value):
            _check(one, wanted[0], f"{where}[{i}]")
    elif wanted is Mapping:
        _check(value, {}, where)
    elif not _is(value, wanted):
        raise ValueError(f"{where} must be {wanted}, got {_told(value)}")


def _is(value: Any, wanted: str) -> bool:
    if value is None:
        return wanted in (_MAYBE_NUMBER, _MAYBE_COUNT, _MAYBE_TRUTH)
    if wanted == _NAME:
        return isinstance(value, str) and len(value) <= _LONGEST_TEXT
    if wanted == _MAYBE_TRUTH:
        return isinstance(value, bool)
    if wanted in (_COUNT, _MAYBE_COUNT):
        return type(value) is int and 0 <= value <= _LARGEST_NUMBER
    return type(value) in (int, float) and abs(value) <= _LARGEST_NUMBER


def _told(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "text" if isinstance(value, str) else str(value)[:40]


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise RecursionError


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice[:40]!r} comes twice")
    return out


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
