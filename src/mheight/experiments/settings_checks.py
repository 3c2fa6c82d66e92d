"""Plain values against a model of settings; what is wrong, in a user's words."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from mheight.errors import ConfigError
from mheight.experiments.toml_reading import shown

__all__ = ["all_keys", "checked", "nearest_key"]

Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], values: Any, where: str) -> Model:
    """Plain values as settings.

    Args:
        model: the settings.
        values: as a TOML file has them.
        where: begins the text of an error.

    Raises:
        ConfigError: a key is unknown (the nearest valid one is named) or missing, or a value is
            out of range.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(_explained(model, one) for one in error.errors())
        raise ConfigError(f"{where}: {wrong}") from None


def all_keys(model: type[BaseModel], *, sections: bool = False) -> list[str]:
    """Every key of some settings, as `section.key`; with the sections themselves, if asked for."""
    keys: dict[str, None] = {}
    for name, field in model.model_fields.items():
        inner = _models_of(field.annotation)
        if sections or not inner:
            keys[name] = None
        for one in inner:
            keys.update(dict.fromkeys(f"{name}.{key}" for key in all_keys(one, sections=sections)))
    return list(keys)


def nearest_key(key: str, known: Sequence[str]) -> str:
    """The valid key to name beside an unknown one.

    Args:
        key: the unknown one, as `section.key`.
        known: valid ones.

    Returns:
        The first that ends alike, or else the most similar one of the section, or else of all.

    Examples:
        >>> nearest_key("epochs", ["seed", "training.epochs"])
        'training.epochs'
        >>> nearest_key("training.epoch", ["seed", "training.batch_size", "training.epochs"])
        'training.epochs'
    """
    section, _, last = key.rpartition(".")
    for one in known:
        if one.rpartition(".")[2] == last:
            return one
    beside = [one for one in known if section and one.rpartition(".")[0] == section]
    return difflib.get_close_matches(key[:200], beside or known, n=1, cutoff=0.0)[0]


def _explained(model: type[BaseModel], error: Any) -> str:
    """One validation error in a user's words."""
    location = [str(part) for part in error["loc"]]
    network = ""
    if len(location) > 2 and location[0] == "model":
        network = location.pop(1)  # which pydantic adds
    key = ".".join(location)
    if error["type"] == "extra_forbidden":
        if network and key in all_keys(model):
            return f"unknown key {shown(key)}: the network {network!r} has no such key, others have"
        near = nearest_key(key, all_keys(model, sections=True))
        return f"unknown key {shown(key)}; the nearest valid key is {near!r}"
    if error["type"] == "missing":
        return f"{key} is missing"
    if error["type"] == "union_tag_invalid":
        context = error["ctx"]
        return f"{key}.name must be one of {context['expected_tags']}, got {shown(context['tag'])}"
    if error["type"] == "value_error":
        return f"{key + ': ' if key else ''}{error['ctx']['error']}"
    return f"{key}: {error['msg']}, got {shown(error['input'])}"


def _models_of(annotation: Any) -> list[type[BaseModel]]:
    """The sections that a key may hold: several where a name tells them apart."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_of(part)]
