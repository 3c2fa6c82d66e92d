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
from mheight.features import FEATURES, FittedFeatures
from mheight.tiers import GROUPS, Tier

__all__ = ["PreparedData", "load_originals", "prepare"]


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
    """

    training: AugmentedTraining
    validation: ValidationView
    clean: dict[str, Samples]
    stream: CodeStream | None
    features: FittedFeatures
    audit: AuditReport
    summary: str
    provenance: dict[str, Any]


def load_originals(config: DataConfig) -> tuple[Samples, dict[str, Any], str]:
    """The labelled originals, their provenance, and a line on them.

    Files other than data set folders are checked as on import: heights are computed
    again and rows of infinite height are left out.
    """
    if config.path is None:
        generated = generate(config.ensemble, config.per_group, config.seed)
        summary = f"{config.ensemble} ensemble, {config.per_group:,} a group, seed {config.seed}"
        return generated.samples, generated.provenance, summary
    path = Path(config.path)
    if path.is_dir():
        if config.labels is not None:
            raise ConfigError(f"data.labels goes with a pickle of samples, not a folder ({path})")
        dataset = load_dataset(path)
        return dataset.samples, dataset.manifest, f"{path.name}, {len(dataset.samples):,} samples"
    labels = None if config.labels is None else Path(config.labels)
    raw = read_samples(path, labels, label=config.label_column)
    samples, report = check_import(raw)
    report.require_kept()
    provenance = {"source": path.name, "import": report.as_dict()}
    wrong, infinite = sum(report.wrong_labels.values()), report.rows - report.kept
    summary = (
        f"{path.name}, {len(samples):,} of {report.rows:,} samples "
        f"({infinite:,} of infinite height left out, {wrong:,} wrong labels replaced)"
    )
    return samples, provenance, summary


def prepare(config: RunConfig) -> PreparedData:
    """Load, split, augment, fit features and audit.

    Raises:
        LeakError: the audit found a leak, and the protocol is not the invalid one.
    """
    if config.stream is not None:
        return _prepare_stream(config, config.stream)
    originals, provenance, summary = load_originals(config.data)
    split_seed, augment_seed = np.random.SeedSequence(config.seed).spawn(2)
    fraction = config.split.validation_fraction
    split = split_by_orbit(originals, fraction, np.random.default_rng(split_seed))
    augmentation = config.augmentation.build()
    augment_rng = np.random.default_rng(augment_seed)

    validation, sources = split.validation, None
    if config.invalid_protocol:
        # Augment and split what is left, as Run 6 did; the clean side stays out of it.
        leaky = augment_then_split(split.training.samples, augmentation, fraction, augment_rng)
        training, validation = leaky.training, leaky.validation
    else:
        training, sources = augment(split.training, augmentation, augment_rng), originals
    if config.training.batch_size > len(training.samples):
        raise ConfigError(
            "training.batch_size must not exceed the training rows, "
            f"got {config.training.batch_size} for {len(training.samples)} rows"
        )
    features = FEATURES[config.features.name].fit(training.originals)
    report = audit(training, validation, features.provenance_error, sources)
    if not config.invalid_protocol:
        report.require_clean()
    provenance = {**provenance, "content_sha256": content_hash(originals)}
    clean = {"validation": split.validation.samples}
    return PreparedData(training, validation, clean, None, features, report, summary, provenance)


def _prepare_stream(config: RunConfig, settings: StreamConfig) -> PreparedData:
    """Validation sets, a stream that none of their codes can come from, and its audit."""
    rows = settings.per_group * len(GROUPS)
    if config.training.batch_size > rows:
        raise ConfigError(
            "training.batch_size must not exceed the training rows, "
            f"got {config.training.batch_size} for {rows} rows"
        )
    made = {
        ensemble: generate(ensemble, settings.validation_per_group, config.data.seed)
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
    )
    # Numbers of training and validation rows must differ for the audit.
    first = stream.epoch(0).samples
    first = replace(first, sample_id=first.sample_id + len(validation.samples))
    training = augment(
        TrainingView(first),
        Augmentation("noise", dict.fromkeys(Tier, 0)),
        np.random.default_rng(0),
    )
    features = FEATURES[config.features.name].fit(training.originals)
    report = audit(training, validation, features.provenance_error)
    report.require_clean()
    names = " and ".join([*filter(None, [", ".join(list(clean)[:-1])]), list(clean)[-1]])
    summary = (
        f"stream of {names}, {settings.per_group:,} fresh codes a group and epoch, "
        f"seed {config.seed}; validated on {settings.validation_per_group:,} a group of each, "
        f"seed {config.data.seed}"
    )
    provenance = {
        "source": "stream",
        "validation": {name: drawn.provenance for name, drawn in made.items()},
        "excluded": {str(path): len(samples) for path, samples in excluded.items()},
        "barred_codes": len(stream.barred),
        "content_sha256": content_hash(validation.samples),
    }
    return PreparedData(training, validation, clean, stream, features, report, summary, provenance)


def _excluded_samples(path: Path) -> Samples:
    return load_dataset(path).samples if path.is_dir() else read_samples(path)
