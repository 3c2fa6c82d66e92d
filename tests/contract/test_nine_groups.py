"""The nine groups give what they gave when they were the only ones.

The figures were recorded before groups became data, to nine digits: the last ones may depend on
the processor.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mheight.datasets import (
    Augmentation,
    AugmentationKind,
    CodeStream,
    EnsembleName,
    Samples,
    augment,
    generate,
    split_by_orbit,
)
from mheight.deployment import Predictor
from mheight.tiers import COURSE_21, Tier

COPIES = {Tier.EASY: 1, Tier.MEDIUM: 2, Tier.HARD: 3}


def digest(*columns: Any) -> str:
    """Of numbers to nine digits."""
    text = " ".join(f"{x + 0.0:.8e}" for column in columns for x in np.ravel(column).tolist())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def of(samples: Samples) -> str:
    return digest(samples.k, samples.m, samples.parity, samples.labels, samples.sample_id)


@pytest.fixture(scope="module")
def course() -> Samples:
    return generate("course", 20, 5).samples


@pytest.mark.parametrize(
    ("ensemble", "expected"),
    [
        ("uniform", "79c8456d642b9130"),
        ("course", "7aad9c026ca76c1f"),
        ("normal", "20441e5493e7ec31"),
    ],
)
def test_codes_drawn(ensemble: EnsembleName, expected: str) -> None:
    assert of(generate(ensemble, 20, 5).samples) == expected


def test_they_are_the_first_of_the_21(course: Samples) -> None:
    longer = generate("course", 20, 5, groups=COURSE_21).samples
    assert of(longer.only(course.groups)) == of(course)


def test_the_split(course: Samples) -> None:
    split = split_by_orbit(course, 0.15, np.random.default_rng(1))
    assert digest(split.validation.samples.sample_id) == "dd4f0d1cfd281456"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("noise", "58e34185db72fdfb"),
        ("monomial", "1882bd0c7a7188bb"),
        ("information-set", "0ef871aa7d3742a4"),
    ],
)
def test_copies(course: Samples, kind: AugmentationKind, expected: str) -> None:
    split = split_by_orbit(course, 0.15, np.random.default_rng(1))
    made = augment(split.training, Augmentation(kind, COPIES), np.random.default_rng(2))
    assert digest(made.samples.parity, made.samples.labels, made.parent_id) == expected


def test_the_stream() -> None:
    nothing = np.array([], dtype="S32")
    assert (
        of(CodeStream(("course", "normal"), 8, 3, nothing).epoch(1).samples) == "dbaf6ea233bc48fe"
    )


def test_predictions_of_an_older_bundle(course: Samples) -> None:
    """Of before groups were data, to the digits that ONNX Runtime keeps on every processor."""
    found = Predictor.load(Path(__file__).parents[1] / "bundle_run8_stream").predict(
        course.take(np.arange(0, 180, 20))
    )
    log2_heights = [4.34371, 4.91381, 10.35895, 11.70984, 3.7341, 15.55586, 12.77999, 7.16002,
                    13.01313]  # fmt: skip
    high = [4.36895, 4.94608, 10.35917, 11.7319, 3.7579, 15.55852, 12.78792, 7.18588, 13.02496]
    assert found.log2_heights == pytest.approx(log2_heights, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)
    assert [str(flag) for flag in found.flags] == [""] * 5 + ["height"] + [""] * 3
