"""Predictions: infinite heights, intervals, flags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mheight.datasets import (
    Samples,
    TrainingView,
    exact_heights,
    exact_labels,
    generate,
)
from mheight.errors import InvalidDataError
from mheight.evaluation.calibration import calibrate
from mheight.evaluation.predictions import predictions
from mheight.features.domain import Domain
from mheight.tiers import COURSE_9

TRAINING = generate("uniform", 40, 31).samples


DOMAIN = Domain.fit(TrainingView(TRAINING))


EXACT = TRAINING.log2_heights


# Off by -1 to 1, every error as often as any other.
ERRORS = np.tile(np.linspace(-1, 1, 40), 9)


CALIBRATION = calibrate(EXACT + ERRORS, EXACT, TRAINING.group, COURSE_9, 0.8)


def with_infinite() -> tuple[Samples, np.ndarray]:
    """Samples like those of training, and every third a code of infinite height."""
    fresh = generate("uniform", 5, 32).samples
    rows = []
    for i in range(len(fresh)):
        P = fresh.matrix(i).copy()
        if i % 3 == 0:
            P[0] = 0.0  # a codeword of weight 1
        rows.append([9, int(fresh.k[i]), int(fresh.m[i]), P])
    return Samples.from_rows(rows), np.arange(len(fresh)) % 3 == 0


def test_infinite_heights_are_recognised() -> None:
    samples, infinite = with_infinite()
    np.testing.assert_array_equal(np.isinf(exact_heights(samples)), infinite)
    guess = np.full(len(samples), 9.0)
    found = predictions(samples, guess, CALIBRATION, DOMAIN)
    for values in (found.log2_heights, found.low, found.high):
        np.testing.assert_array_equal(np.isinf(values), infinite)
    assert (found.flags[infinite] == "infinite height").all()
    assert not (found.flags[~infinite] == "infinite height").any()
    np.testing.assert_array_equal(found.log2_heights[~infinite], 9.0)


def test_exact_heights_that_are_known_are_not_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples, _ = with_infinite()
    known = exact_labels(samples)
    guess = np.full(len(samples), 9.0)
    usual = predictions(samples, guess, CALIBRATION, DOMAIN)
    monkeypatch.delattr("mheight.evaluation.predictions.exact_labels")
    given = predictions(samples, guess, CALIBRATION, DOMAIN, exact=known)
    for name in ("log2_heights", "low", "high", "flags"):
        np.testing.assert_array_equal(getattr(given, name), getattr(usual, name))
    with pytest.raises(NameError, match="exact_labels"):
        predictions(samples, guess, CALIBRATION, DOMAIN)
    with pytest.raises(InvalidDataError, match="each of 360 samples, got 45"):
        predictions(TRAINING, EXACT, CALIBRATION, DOMAIN, exact=known)


def test_intervals_are_those_of_the_calibration() -> None:
    found = predictions(TRAINING, EXACT, CALIBRATION, DOMAIN)
    low, high = CALIBRATION.interval(EXACT, TRAINING.group)
    np.testing.assert_array_equal(found.low, low)
    np.testing.assert_array_equal(found.high, high)
    assert found.level == 0.8
    # Eight of ten errors lie in them, and they stay in order.
    true = EXACT + ERRORS
    assert ((found.low <= true) & (true <= found.high)).mean() > 0.8
    assert (found.low <= found.log2_heights).all()
    assert (found.log2_heights <= found.high).all()


def test_codes_unlike_those_of_training_are_flagged() -> None:
    found = predictions(TRAINING, EXACT, CALIBRATION, DOMAIN)
    assert (found.flags == "").all()
    beyond = EXACT.copy()
    beyond[7] = 1000.0
    flags = predictions(TRAINING, beyond, CALIBRATION, DOMAIN).flags
    assert np.flatnonzero(flags != "").tolist() == [7]
    assert flags[7] == "height"
    tiny = replace(TRAINING, parity=TRAINING.parity * 1e-9, heights=None)
    flags = predictions(tiny, EXACT, CALIBRATION, DOMAIN).flags
    assert all("smallest minor" in flag for flag in flags)
