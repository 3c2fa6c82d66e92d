"""A search for hyper-parameters as data: a TOML file, checked key by key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mheight.errors import ConfigError
from mheight.experiments.config import (
    RunConfig,
    config_values,
    load_config,
    parse_config,
)
from mheight.experiments.settings_checks import all_keys, checked, nearest_key
from mheight.experiments.toml_reading import shown, toml_values
from mheight.training.config import Section

__all__ = [
    "Choices",
    "Parameter",
    "PruningConfig",
    "Range",
    "Study",
    "StudyConfig",
    "load_study",
]

# These name a run, judge it, or change the validation data that trials are compared on.
_FIXED = ("name", "description", "seed", "stream.ensembles", "stream.validation_per_group")
_FIXED_SECTIONS = ("data.", "split.", "criteria.")


class PruningConfig(Section):
    """When a trial is stopped early: its best so far is worse than the median at its epoch.

    Attributes:
        enabled: whether to stop any.
        warmup_epochs: epochs that every trial is given.
        startup_trials: complete trials needed before the first is stopped.
    """

    enabled: bool = True
    warmup_epochs: Annotated[int, Field(ge=0)] = 2
    startup_trials: Annotated[int, Field(ge=1)] = 5


class StudyConfig(Section):
    """What is searched for, and how long.

    Attributes:
        name: names the study, and its best configuration: NAME-best.
        trials: complete and pruned trials wanted.
        seed: of the search; the runs keep the seed of their configuration.
        metric: on clean validation, the lower the better.
        overrides: `section.key=value`, for all trials.
        pruning: when a trial is stopped early.
        round: trials that are drawn at once, each from the rounds before; they may be trained
            beside each other, as shards.  None: each is drawn from all before it.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,34}$")]
    trials: Annotated[int, Field(ge=1, le=100_000)] = 20
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    metric: Literal["val_overall", "val_easy", "val_medium", "val_hard", "val_balanced"] = (
        "val_overall"
    )
    overrides: tuple[str, ...] = ()
    pruning: PruningConfig = PruningConfig()
    round: Annotated[int, Field(ge=1, le=100_000)] | None = None


@dataclass(frozen=True)
class Choices:
    """Values without order.  The search knows each by its text, so any TOML value will do."""

    values: tuple[Any, ...]

    def probes(self) -> list[Any]:
        """Values that must be valid if all are to be."""
        return list(self.values)

    def plain(self) -> Any:
        """As in the study file."""
        return list(self.values)


class Range(Section):
    """An interval of numbers, both ends included.

    Attributes:
        low: least value.
        high: greatest value.
        log: whether to search on a logarithmic scale.
        step: distance of neighbouring values.
        integer: whether values are whole.
    """

    low: Annotated[float, Field(allow_inf_nan=False)]
    high: Annotated[float, Field(allow_inf_nan=False)]
    log: bool = False
    step: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
    integer: bool = False

    @model_validator(mode="after")
    def _hangs_together(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"low must be less than high, got {self.low:g} and {self.high:g}")
        if self.log and self.low <= 0.0:
            raise ValueError(f"with log, low must be greater than 0, got {self.low:g}")
        if self.log and self.step is not None:
            raise ValueError("log and step exclude each other")
        if self.integer and any(v % 1 for v in (self.low, self.high, self.step or 1.0)):
            raise ValueError("with integer, low, high and step must be whole numbers")
        steps = (self.high - self.low) / (self.step or 1.0)
        if self.step is not None and abs(steps - round(steps)) > 1e-9 * max(1.0, steps):
            raise ValueError(f"high must be low plus a multiple of step ({self.step:g})")
        return self

    def probes(self) -> list[Any]:
        """Values that must be valid if all are to be: the ends, and one that is not whole."""
        if self.integer:
            return [int(self.low), int(self.high)]
        inner = self.low + (self.step or 0.381966 * (self.high - self.low))
        return [self.low, inner, self.high]

    def plain(self) -> Any:
        """As in the study file."""
        return self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


Parameter = Choices | Range


@dataclass(frozen=True)
class Study:
    """A checked study.

    Attributes:
        settings: what is searched for, and how long.
        base: configuration of every trial, but for the keys that are searched.
        search: what is tried, by key.
    """

    settings: StudyConfig
    base: RunConfig
    search: dict[str, Parameter]

    def configure(self, values: dict[str, Any], where: str = "trial", **more: Any) -> RunConfig:
        """The configuration of a run with these values.

        Args:
            values: by dotted key.
            where: begins the text of an error.
            more: further values, of keys without a section.

        Raises:
            ConfigError: they don't go with each other.
        """
        plain = config_values(self.base) | more
        for key, value in values.items():
            *sections, last = key.split(".")
            section = plain
            for part in sections:
                section = section.setdefault(part, {})
            section[last] = value
        return parse_config(plain, where)

    @property
    def largest_batch(self) -> int:
        """The largest batch that a trial can ask for."""
        parameter = self.search.get("training.batch_size")
        if parameter is None:
            return self.base.training.batch_size
        return int(max(parameter.probes()))

    def plain(self) -> dict[str, Any]:
        """The study file, with its base beside it as `base.toml` and overrides applied."""
        settings = self.settings.model_copy(update={"overrides": ()})
        return {
            "base": "base.toml",
            "study": settings.model_dump(mode="json", exclude_none=True),
            "search": {key: parameter.plain() for key, parameter in self.search.items()},
        }

    def differences(self, other: Study) -> list[str]:
        """What tells this study from another, but for the number of trials."""
        mine, theirs = self.decisive(), other.decisive()
        return [
            f"{key} ({mine.get(key)!r} there, {theirs.get(key)!r} asked for)"
            for key in dict.fromkeys([*mine, *theirs])
            if mine.get(key) != theirs.get(key)
        ]

    def decisive(self) -> dict[str, Any]:
        """All that its results follow from, by dotted key; not the number of trials."""
        plain = self.plain()
        del plain["base"], plain["study"]["trials"]
        base = {k: v for k, v in config_values(self.base).items() if k != "description"}
        search = {f"search {key!r}": value for key, value in plain.pop("search").items()}
        return _flat({**plain, "base": base}) | search


def load_study(path: Path) -> Study:
    """Read a study file.

    Raises:
        ConfigError: it or its base configuration can't be read, a key is unknown (the
            nearest valid one is named), a value that may be tried is not valid, or a key
            must not be searched.
    """
    path = Path(path)
    values = toml_values(path, "study file")
    file = checked(_File, values, str(path))
    base = load_config(path.parent / file.base, file.study.overrides)
    if base.invalid_protocol:
        raise ConfigError(
            f"{path}: a study goes by clean validation alone, so split.protocol must not be "
            f"{base.split.protocol!r}"
        )
    if not file.search:
        raise ConfigError(f"{path}: [search] must name at least one key of a configuration")
    search = {key: _parameter(key, value, path) for key, value in file.search.items()}
    study = Study(file.study, base, search)
    for key, parameter in search.items():
        _check_parameter(study, key, parameter, f"{path}: [search] {key}")
    return study


class _File(Section):
    base: str
    study: StudyConfig
    search: dict[str, Any]


def _parameter(key: str, value: Any, path: Path) -> Parameter:
    where = f"{path}: [search] {key}"
    known = all_keys(RunConfig)
    if key not in known:
        hint = ' (keys are quoted: "model.width" = ...)' if isinstance(value, dict) else ""
        raise ConfigError(
            f"{path}: [search] has the unknown key {shown(key)}; the nearest valid key is "
            f"{nearest_key(key, known)!r}{hint}"
        )
    if key in _FIXED or key.startswith(_FIXED_SECTIONS):
        raise ConfigError(
            f"{where}: not to be searched, since all trials are compared on the same data by "
            "the same measure; use study.overrides"
        )
    if isinstance(value, dict):
        return checked(Range, value, where)
    if not isinstance(value, list) or not value:
        raise ConfigError(
            f"{where}: a list of choices or a table with low and high is needed, got {shown(value)}"
        )
    try:
        texts = {json.dumps(choice, allow_nan=False) for choice in value}
    except (TypeError, ValueError):
        raise ConfigError(f"{where}: choices must be numbers, strings or lists of them") from None
    if len(texts) < len(value):
        raise ConfigError(f"{where}: a choice is there twice")
    return Choices(tuple(value))


def _check_parameter(study: Study, key: str, parameter: Parameter, where: str) -> None:
    for value in parameter.probes():
        try:
            config = study.configure({key: value}, where)
        except ConfigError as error:
            if f"unknown key {key!r}" in str(error):  # a key of another network
                message = f"{where}: the network {study.base.model.name!r} has no such key"
                raise ConfigError(message) from None
            hint = "; integer = true makes it whole" if "valid integer" in str(error) else ""
            raise ConfigError(f"{error}{hint}") from None
        if config.invalid_protocol:
            raise ConfigError(f"{where}: a study goes by clean validation alone")


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Plain values by dotted key."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
