"""From a configuration to data that a network can be trained on, with its audit.

The order is the point: load, split, augment, fit features, audit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mheight.datasets import (
    AuditReport,
    Augmentation,
    AugmentedTraining,
    CodeStream,
    Samples,
    Split,
    TrainingView,
    ValidationView,
    audit,
    augment,
    augment_then_split,
    check_import,
    content_hash,
    generate,
    load_dataset,
    read_samples,
    sample_fingerprints,
    split_by_orbit,
)
from mheight.errors import ConfigError
from mheight.experiments.config import DataConfig, RunConfig, StreamConfig
from mheight.experiments.run_rows import RunRows
from mheight.features import FEATURES, FittedFeatures
from mheight.tiers import COURSE_9, Groups, Tier
from mheight.training.config import require_rows

__all__ = [
    "Originals",
    "PreparedData",
    "audited",
    "augment_training",
    "fit_features",
    "load_originals",
    "prepare",
    "split_originals",
]


@dataclass(frozen=True, eq=False)
class Originals:
    """Labelled samples to split.

    Attributes:
        samples: of finite height, with exact heights.
        provenance: manifest of the data.
        summary: one line on the source.
    """

    samples: Samples
    provenance: dict[str, Any]
    summary: str


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Everything that training and the report need.

    Attributes:
        training: originals and copies; of a stream, the codes of the first epoch.
        validation: what early stopping and tier metrics go by.
        clean: validation that no training row is related to, by name: one set, the same
            as `validation` except under Run 6's protocol; of a stream, one set for each
            ensemble.
        stream: where the codes of each epoch come from, if they are drawn afresh.
        features: fitted on the training originals.
        audit: of `training` against `validation`.
        summary: one line on the source of the data.
        provenance: manifest of the data.
        rows: training and validation as the network reads them.
    """

    training: AugmentedTraining
    validation: ValidationView
    clean: dict[str, Samples]
    stream: CodeStream | None
    features: FittedFeatures
    audit: AuditReport
    summary: str
    provenance: dict[str, Any]
    rows: RunRows

    def lines(self) -> list[str]:
        """What the data are and what the audit found, for the console."""
        counts = self.audit
        verdict = (
            "audit: no leak found"
            if counts.passed
            else "audit: LEAK found, as this protocol has it; results will be marked INVALID, "
            "and the validation figures of the epochs below are leaked"
        )
        return [
            f"{self.summary}: {counts.training_originals:,} training originals, "
            f"{counts.training_rows:,} rows with copies, "
            f"{counts.validation_rows:,} validation rows",
            verdict,
        ]


def load_originals(config: DataConfig) -> Originals:
    """Draw the originals from an ensemble, or read them.

    Files other than data set folders are checked as on import: heights are computed
    again and rows of infinite height are left out.
    """
    if config.path is None:
        groups = config.chosen_groups() or COURSE_9
        generated = generate(config.ensemble, config.per_group, config.seed, groups=groups)
        summary = f"{config.ensemble} ensemble, {config.per_group:,} a group, seed {config.seed}"
        return Originals(generated.samples, generated.provenance, summary)
    path = Path(config.path)
    if path.is_dir():
        if config.labels is not None:
            raise ConfigError(f"data.labels goes with a pickle of samples, not a folder ({path})")
        dataset = load_dataset(path)
        samples, left_out = _of_groups(dataset.samples, config.chosen_groups(), path)
        summary = f"{path.name}, {len(samples):,} samples{left_out}"
        return Originals(samples, dataset.manifest, summary)
    labels = None if config.labels is None else Path(config.labels)
    given = read_samples(path, labels, label=config.label_column)
    raw, left_out = _of_groups(given, config.chosen_groups(), path)
    samples, report = check_import(raw)
    report.require_kept()
    provenance = {"source": path.name, "import": report.as_dict()}
    wrong, infinite = sum(report.wrong_labels.values()), report.rows - report.kept
    summary = (
        f"{path.name}, {len(samples):,} of {report.rows:,} samples "
        f"({infinite:,} of infinite height left out, {wrong:,} wrong labels replaced){left_out}"
    )
    return Originals(samples, provenance, summary)


def _of_groups(samples: Samples, groups: Groups | None, path: Path) -> tuple[Samples, str]:
    """The samples of these groups, if any are said, and what the summary says of the others."""
    if groups is None:
        return samples, ""
    inside = samples.only(groups)
    if not len(inside):
        raise ConfigError(f"{path}: no sample is of one of the groups {' '.join(groups.texts)}")
    rest = len(samples) - len(inside)
    return inside, f", {rest:,} of other groups left out" if rest else ""


def split_originals(originals: Originals, config: RunConfig) -> Split:
    """Training and validation, by equivalence of codes and stratified by group."""
    seed, _ = np.random.SeedSequence(config.seed).spawn(2)
    fraction = config.split.validation_fraction
    return split_by_orbit(originals.samples, fraction, np.random.default_rng(seed))


def augment_training(training: TrainingView, config: RunConfig) -> AugmentedTraining:
    """Training originals with their copies; validation is not accepted."""
    return augment(training, config.augmentation.build(), _augmentation_rng(config))


def fit_features(training: AugmentedTraining, config: RunConfig) -> FittedFeatures:
    """The feature set, fitted on the training originals and on nothing else."""
    return FEATURES[config.features.name].fit(training.originals)


def audited(
    originals: Originals, split: Split, training: AugmentedTraining, features: FittedFeatures
) -> PreparedData:
    """All that training needs, after a look at both sides as they are.

    Raises:
        LeakError: something of validation is in training.
    """
    report = audit(training, split.validation, features.provenance_error, originals.samples)
    report.require_clean()
    return _prepared(originals, split, training, split.validation, features, report)


def prepare(config: RunConfig) -> PreparedData:
    """Load, split, augment, fit features and audit.

    Raises:
        LeakError: the audit found a leak, and the protocol is not the invalid one.
    """
    if config.stream is not None:
        return _prepare_stream(config, config.stream)
    originals = load_originals(config.data)
    split = split_originals(originals, config)
    if config.invalid_protocol:
        # Augment and split what is left, as Run 6 did; the clean side stays out of it.
        leaky = augment_then_split(
            split.training.samples,
            config.augmentation.build(),
            config.split.validation_fraction,
            _augmentation_rng(config),
        )
        require_rows(config.training.batch_size, len(leaky.training.samples))
        features = fit_features(leaky.training, config)
        report = audit(leaky.training, leaky.validation, features.provenance_error, None)
        return _prepared(originals, split, leaky.training, leaky.validation, features, report)
    training = augment_training(split.training, config)
    require_rows(config.training.batch_size, len(training.samples))
    return audited(originals, split, training, fit_features(training, config))


def _augmentation_rng(config: RunConfig) -> np.random.Generator:
    _, seed = np.random.SeedSequence(config.seed).spawn(2)
    return np.random.default_rng(seed)


def _prepared(
    originals: Originals,
    split: Split,
    training: AugmentedTraining,
    validation: ValidationView,
    features: FittedFeatures,
    report: AuditReport,
) -> PreparedData:
    provenance = {**originals.provenance, "content_sha256": content_hash(originals.samples)}
    clean = {"validation": split.validation.samples}
    is_clean = validation is split.validation
    return PreparedData(
        training,
        validation,
        clean,
        None,
        features,
        report,
        originals.summary,
        provenance,
        RunRows(features, training, validation.samples, clean, clean_is_held_out=is_clean),
    )


def _prepare_stream(config: RunConfig, settings: StreamConfig) -> PreparedData:
    """Validation sets, a stream that none of their codes can come from, and its audit."""
    groups = config.data.chosen_groups() or COURSE_9
    rows = settings.per_group * len(groups)
    require_rows(config.training.batch_size, rows)
    made = {
        ensemble: generate(ensemble, settings.validation_per_group, config.data.seed, groups=groups)
        for ensemble in dict.fromkeys(settings.ensembles)
    }
    clean: dict[str, Samples] = {name: drawn.samples for name, drawn in made.items()}
    validation = ValidationView(Samples.concatenate(list(clean.values()), renumber=True))
    excluded = {path: _excluded_samples(Path(path)) for path in settings.exclude}
    barred = [sample_fingerprints(part) for part in (*clean.values(), *excluded.values())]
    stream = CodeStream(
        settings.ensembles,
        settings.per_group,
        int(np.random.SeedSequence(config.seed).generate_state(1)[0]),
        np.unique(np.concatenate(barred)),
        groups,
    )
    training = _first_epoch(stream, len(validation.samples))
    features = FEATURES[config.features.name].fit(training.originals)
    report = audit(training, validation, features.provenance_error)
    report.require_clean()
    provenance = {
        "source": "stream",
        "validation": {name: drawn.provenance for name, drawn in made.items()},
        "excluded": {str(path): len(samples) for path, samples in excluded.items()},
        "barred_codes": len(stream.barred),
        "content_sha256": content_hash(validation.samples),
    }
    return PreparedData(
        training,
        validation,
        clean,
        stream,
        features,
        report,
        _stream_summary(config, settings, list(clean)),
        provenance,
        RunRows(features, stream, validation.samples, clean),
    )


def _first_epoch(stream: CodeStream, numbered_from: int) -> AugmentedTraining:
    """The codes of the first epoch, without copies, for features and audit.

    Their numbers follow those of the validation rows, as the audit wants them to differ.
    """
    first = stream.epoch(0).samples
    first = replace(first, sample_id=first.sample_id + numbered_from)
    return augment(
        TrainingView(first),
        Augmentation("noise", dict.fromkeys(Tier, 0)),
        np.random.default_rng(0),
    )


def _stream_summary(config: RunConfig, settings: StreamConfig, ensembles: list[str]) -> str:
    names = " and ".join([*filter(None, [", ".join(ensembles[:-1])]), ensembles[-1]])
    return (
        f"stream of {names}, {settings.per_group:,} fresh codes a group and epoch, "
        f"seed {config.seed}; validated on {settings.validation_per_group:,} a group of each, "
        f"seed {config.data.seed}"
    )


def _excluded_samples(path: Path) -> Samples:
    return load_dataset(path).samples if path.is_dir() else read_samples(path)
