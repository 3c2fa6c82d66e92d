"""From a trained network to a bundle, with a check that both say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import mheight
from mheight.datasets import Samples, generate
from mheight.deployment.bundle import Bundle, check_target, write_bundle
from mheight.deployment.card import model_card
from mheight.deployment.feeds import ANY_LENGTH
from mheight.deployment.manifest import (
    IntervalFacts,
    Manifest,
    Measured,
    NetworkFacts,
    Parity,
    TrainingFacts,
)
from mheight.deployment.predictor import Predictor
from mheight.errors import BundleError
from mheight.evaluation import RunReport
from mheight.evaluation.calibration import Calibration
from mheight.features import FeatureName, FittedFeatures
from mheight.features.domain import Domain
from mheight.tiers import Groups
from mheight.training.callbacks import predict_log2

__all__ = ["LONGEST_PREDICTED", "TOLERANCE", "TrainedNetwork", "export_bundle"]

TOLERANCE = 1e-4
"""Log2 height by which the exported network may differ from the trained one."""

LONGEST_PREDICTED = 16
"""Largest n of a network for any length: all minors of such a code are had in a millisecond."""

_BATCHES = (1, 7, 1000)
_SEED = 1001


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """What a finished run hands over.

    Attributes:
        network: the Keras model.
        feature_name: of its features.
        features: fitted.
        calibration: of its errors.
        domain: of its training codes.
        report: of the run.
    """

    network: Any
    feature_name: FeatureName
    features: FittedFeatures
    calibration: Calibration
    domain: Domain
    report: RunReport


def export_bundle(
    trained: TrainedNetwork, path: Path, measured: Sequence[Measured] = ()
) -> Predictor:
    """Write a bundle, after checking that it predicts what the network predicts.

    Args:
        trained: from a finished run.
        path: a folder to make, or a file that ends in `.zip`.
        measured: scores on other data.

    Returns:
        The predictor that the bundle makes.

    Raises:
        BundleError: the path exists, the run is INVALID, or ONNX Runtime disagrees.
    """
    from mheight.deployment.onnx_any import any_length_model, relations_of
    from mheight.deployment.onnx_graph import onnx_model

    check_target(path)
    report = trained.report
    if not report.valid:
        raise BundleError(f"{report.name}: its protocol is INVALID ({report.invalid_reason})")
    relations = relations_of(trained.network)
    made = onnx_model(trained.network) if relations is None else any_length_model(relations)
    network = made.SerializeToString()
    bundle = Bundle(
        str(path),
        network,
        {"name": trained.feature_name, "values": trained.features.as_dict()},
        trained.domain.as_dict(),
        trained.calibration.as_dict(),
        _manifest(trained, measured, any_length=relations is not None),
        "",
    )
    predictor = Predictor(bundle)
    predictor.manifest = replace(bundle.manifest, parity=_check_parity(trained, predictor))
    predictor.card = model_card(predictor.manifest)
    write_bundle(
        {
            "network.onnx": network,
            "features.json": _json(bundle.features),
            "domain.json": _json(bundle.domain),
            "calibration.json": _json(bundle.calibration),
            "manifest.json": _json(predictor.manifest.as_dict()),
            "MODEL_CARD.md": predictor.card.encode(),
        },
        path,
    )
    return predictor


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()


def _manifest(
    trained: TrainedNetwork, measured: Sequence[Measured], *, any_length: bool
) -> Manifest:
    inputs: Mapping[str, Sequence[str | int]] = ANY_LENGTH
    if not any_length:
        inputs = {name: ("rows", *shape) for name, shape in trained.features.shapes.items()}
    report, held = trained.report, trained.report.intervals
    validation = [
        Measured.of(f"validation, {name}", scores, None, None)
        for name, scores in report.validation.items()
    ]
    return Manifest(
        name=report.name,
        description=report.description,
        created=datetime.now(UTC).date().isoformat(),
        mheight=mheight.__version__,
        features=trained.feature_name,
        groups=trained.features.groups,
        longest=LONGEST_PREDICTED if any_length else None,
        network=NetworkFacts(report.model.name, report.model.parameters, inputs),
        training=TrainingFacts(
            data=report.data.summary,
            epochs=report.training.epochs,
            best_epoch=report.training.best_epoch,
            minutes=report.training.minutes,
            audit=f"{report.audit.training_originals:,} training codes audited",
            config=report.config,
        ),
        criteria=report.criteria,
        metrics=(*validation, *measured),
        intervals=IntervalFacts(held.level, held.overall, held.rows),
        versions=report.versions,
        parity=None,
    )


def _check_parity(trained: TrainedNetwork, predictor: Predictor) -> Parity:
    """Compare both on codes that neither has seen, in batches of several sizes."""
    samples = _other_codes(trained.features.groups)
    largest = 0.0
    expected = predict_log2(trained.network, trained.features.encode(samples))
    for size in _BATCHES:
        count = min(len(samples), 20 * size)
        found = np.concatenate(
            [
                predictor.predict_log2(samples.take(np.arange(start, min(start + size, count))))
                for start in range(0, count, size)
            ]
        )
        # NaN must fail too.
        difference = float(np.max(np.abs(found - expected[:count])))
        if not difference <= TOLERANCE:
            raise BundleError(
                f"{trained.report.name}: in batches of {size} ONNX Runtime differs from the "
                f"trained network by {difference:.2g} in log2 height, more than {TOLERANCE:g}"
            )
        largest = max(largest, difference)
    return Parity(len(samples), _BATCHES, largest)


def _other_codes(groups: Groups) -> Samples:
    """Codes of two ensembles, and odd ones: zeros, tiny and huge entries."""
    parts = [generate(name, 200, _SEED, groups=groups).samples for name in ("normal", "uniform")]
    odd = parts[1].take(np.arange(0, len(parts[1]), 10))
    rng = np.random.default_rng(_SEED)
    scales = rng.choice([0.0, 1e-9, 1.0, 1e9], size=odd.parity.shape)
    odd = replace(odd, parity=odd.parity * scales, heights=None)
    both = Samples.concatenate([*parts, odd], renumber=True)
    return both.take(rng.permutation(len(both)))
