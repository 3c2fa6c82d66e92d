"""From a configuration to data that a network can be trained on, with its audit.

The order is the point: load, split, augment, fit features, audit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mheight.datasets import (
    AuditReport,
    AugmentedTraining,
    Samples,
    ValidationView,
    audit,
    augment,
    augment_then_split,
    check_import,
    content_hash,
    generate,
    load_dataset,
    read_samples,
    split_by_orbit,
)
from mheight.errors import ConfigError
from mheight.experiments.config import DataConfig, RunConfig
from mheight.features import FEATURES, FittedFeatures

__all__ = ["PreparedData", "load_originals", "prepare"]


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Everything that training and the report need.

    Attributes:
        training: originals and copies.
        validation: what early stopping and tier metrics go by.
        clean: validation that no training row is related to; the same as `validation`
            except under Run 6's protocol.
        features: fitted on the training originals.
        audit: of `training` against `validation`.
        summary: one line on the source of the data.
        provenance: manifest of the data.
    """

    training: AugmentedTraining
    validation: ValidationView
    clean: ValidationView
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
    raw = read_samples(path, None if config.labels is None else Path(config.labels))
    samples, report = check_import(raw)
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
    return PreparedData(
        training, validation, split.validation, features, report, summary, provenance
    )
