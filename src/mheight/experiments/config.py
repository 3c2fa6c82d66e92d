"""A run as data: a TOML file, checked key by key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import Field, model_validator

from mheight.datasets import Augmentation, AugmentationKind, EnsembleName
from mheight.errors import ConfigError, InvalidDataError
from mheight.evaluation.criteria import CriteriaConfig
from mheight.experiments.settings_checks import checked
from mheight.experiments.toml_reading import toml_value, toml_values
from mheight.features import FeatureName
from mheight.models import ModelConfig, ResidualConfig
from mheight.tiers import COURSE_9, Groups, Tier
from mheight.training import FitConfig, LossConfig, TierGuardConfig
from mheight.training.config import Section

__all__ = [
    "AugmentationConfig",
    "DataConfig",
    "RunConfig",
    "SplitConfig",
    "StreamConfig",
    "config_toml",
    "config_values",
    "load_config",
]

Copies = Annotated[int, Field(ge=0, le=1000)]


class TiersConfig(Section):
    """Groups that are of another tier than the rule says, by tier."""

    easy: tuple[str, ...] = ()
    medium: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()

    def listed(self) -> dict[Tier, tuple[str, ...]]:
        """The same, by tier."""
        return {tier: getattr(self, tier.value) for tier in Tier}


class DataConfig(Section):
    """Where the originals come from: an ensemble, or a file.

    Attributes:
        ensemble: drawn from this ensemble unless `path` is given.
        per_group: codes a group to draw.
        seed: of the drawing.
        path: a data set folder, or a file of samples of any kind (docs/data.md).
        labels: a file of heights, for samples without.
        label_column: the column or key of heights; `none` for none.
        groups: a preset, `course-9` or `course-21`, or a list of `n:k:m` with ranges; without
            it those of the data at `path` (the smallest preset that has them), else `course-9`.
        tiers: groups, in the same form, of another tier than the rule says.
    """

    ensemble: EnsembleName = "course"
    per_group: Annotated[int, Field(ge=1, le=10_000_000)] = 12_000
    seed: Annotated[int, Field(ge=0)] = 2026
    path: str | None = None
    labels: str | None = None
    label_column: str | None = None
    groups: str | tuple[str, ...] | None = None
    tiers: TiersConfig = TiersConfig()

    @model_validator(mode="after")
    def _labels_need_a_path(self) -> DataConfig:
        if self.labels is not None and self.path is None:
            raise ValueError("data.labels needs data.path, the samples they belong to")
        return self

    @model_validator(mode="after")
    def _groups_are_groups(self) -> DataConfig:
        if self.tiers != TiersConfig() and self.groups is None:
            raise ValueError("data.tiers needs data.groups, the groups they are of")
        try:
            self.chosen_groups()
        except InvalidDataError as error:
            raise ValueError(str(error)) from None
        return self

    def chosen_groups(self) -> Groups | None:
        """The groups, None where nothing is said of them."""
        if self.groups is None:
            return None
        return Groups.parse(self.groups, self.tiers.listed())


class StreamConfig(Section):
    """Training on fresh codes, drawn for every epoch.

    Attributes:
        ensembles: drawn from in equal parts, and validated on one by one.
        per_group: codes a group and epoch.
        validation_per_group: codes a group in the validation set of each ensemble.
        exclude: files or data set folders of samples whose codes, and all equivalent
            ones, must not be trained on, beside those of validation.
    """

    ensembles: Annotated[tuple[EnsembleName, ...], Field(min_length=1)] = ("course", "uniform")
    per_group: Annotated[int, Field(ge=1, le=1_000_000)] = 4_000
    validation_per_group: Annotated[int, Field(ge=10, le=1_000_000)] = 1_800
    exclude: tuple[str, ...] = ()


class SplitConfig(Section):
    """How originals are split.

    Attributes:
        protocol: `split-then-augment`, or Run 6's `augment-then-split`, whose validation
            is invalid and is marked so.
        validation_fraction: share of each group in validation.
    """

    protocol: Literal["split-then-augment", "augment-then-split"] = "split-then-augment"
    validation_fraction: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.15


class CopiesConfig(Section):
    """Copies of each training original, by tier."""

    easy: Copies = 1
    medium: Copies = 2
    hard: Copies = 3


class AugmentationConfig(Section):
    """Augmentation of the training originals.

    Attributes:
        kind: `noise` (relative, exact height computed again), `monomial` or
            `information-set` (random symmetries, height kept).
        noise_scale: relative standard deviation of the noise.
        copies: how many copies.
    """

    kind: AugmentationKind = "noise"
    noise_scale: Annotated[float, Field(gt=0.0, le=1.0)] = 0.05
    copies: CopiesConfig = CopiesConfig()

    def build(self) -> Augmentation:
        """The augmentation these settings describe."""
        copies = {tier: int(getattr(self.copies, tier.value)) for tier in Tier}
        return Augmentation(self.kind, copies, self.noise_scale)


class FeaturesConfig(Section):
    """Which feature set the network reads."""

    name: FeatureName = "punctured"


class RunConfig(Section):
    """A whole run.  Defaults are those of Run 7.

    Attributes:
        name: names the run folder and its files: run7 gives run_7/.
        description: one line for reports.
        seed: of split, augmentation, stream, initial weights and order of the data.
        stream: with it, codes are drawn afresh for every epoch instead of a data set.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,39}$")] = "run7"
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7
    data: DataConfig = DataConfig()
    stream: StreamConfig | None = None
    split: SplitConfig = SplitConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    features: FeaturesConfig = FeaturesConfig()
    model: ModelConfig = ResidualConfig()
    loss: LossConfig = LossConfig()
    training: FitConfig = FitConfig()
    tier_guard: TierGuardConfig = TierGuardConfig()
    criteria: CriteriaConfig = CriteriaConfig()

    @model_validator(mode="after")
    def _stream_has_no_data_set(self) -> RunConfig:
        if self.stream is None:
            return self
        given = {"split", "augmentation"} & self.model_fields_set
        given |= {f"data.{key}" for key in self.data.model_fields_set - {"seed", "groups", "tiers"}}
        if given:
            raise ValueError(
                "with [stream], codes are drawn afresh for every epoch: leave out "
                + ", ".join(sorted(given))
            )
        return self

    @property
    def plan(self) -> str:
        """What the run will do, in a line."""
        if self.stream is not None:
            source = f"fresh codes of {', '.join(self.stream.ensembles)}"
        elif self.data.path is not None:
            source = self.data.path
        else:
            codes = self.data.per_group * len(self.data.chosen_groups() or COURSE_9)
            source = f"{codes:,} codes of the {self.data.ensemble} ensemble"
        return (
            f"{self.name} ({self.description or 'no description'}): {source}, network "
            f"{self.model.name} on {self.features.name}, at most {self.training.epochs} epochs"
        )

    @property
    def invalid_protocol(self) -> bool:
        """Whether the run's own validation is invalid by design, as in Run 6."""
        return self.split.protocol == "augment-then-split"


def load_config(path: Path, overrides: list[str] | tuple[str, ...] = ()) -> RunConfig:
    """Read a run configuration and apply overrides.

    Args:
        path: a TOML file.
        overrides: `section.key=value`, the value written as in TOML (a bare word is
            taken as a string).

    Raises:
        ConfigError: the file can't be read, a key is unknown (the nearest valid one is
            named), or a value is out of range.
    """
    values = toml_values(path, "configuration file")
    for override in overrides:
        _apply(values, override)
    return parse_config(values, str(path))


def parse_config(values: dict[str, Any], where: str) -> RunConfig:
    """Check plain values against `RunConfig`; see `load_config`."""
    return checked(RunConfig, values, where)


def config_toml(config: RunConfig) -> str:
    """The resolved configuration as TOML; `load_config` reads it back."""
    return tomli_w.dumps(config_values(config))


def config_values(config: RunConfig) -> dict[str, Any]:
    """The resolved configuration as plain values, without sections that say nothing."""
    values = config.model_dump(mode="json", exclude_none=True)
    if config.data.tiers == TiersConfig():
        del values["data"]["tiers"]
    if config.stream is not None:
        kept = ("seed", "groups", "tiers")
        values["data"] = {key: value for key, value in values["data"].items() if key in kept}
        del values["split"], values["augmentation"]
    return values


def _apply(values: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    parts = key.strip().split(".")
    if not separator or not all(parts):
        raise ConfigError(f"an override is written section.key=value, got {override!r}")
    try:
        parsed = toml_value(f"value = {text.strip()}", override)
    except ConfigError:
        parsed = {"value": text.strip()}
    if set(parsed) != {"value"}:
        raise ConfigError(f"one override sets one key, got {override!r}")
    value = parsed["value"]
    section = values
    for part in parts[:-1]:
        inner = section.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{part!r} in {override!r} is a value, not a section")
        section = inner
    section[parts[-1]] = value
