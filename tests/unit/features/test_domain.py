from __future__ import annotations

import json

import numpy as np
import pytest

from mheight.datasets import Samples, TrainingView, ValidationView, generate
from mheight.errors import LeakError
from mheight.features import domain as module
from mheight.features.domain import Domain
from mheight.tiers import COURSE_9

TRAINING = generate("uniform", 100, 21).samples


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = Domain.fit(TrainingView(generate("course", 20, 1).samples))
    monkeypatch.setattr(module, "_CHUNK", 17)
    again = Domain.fit(TrainingView(generate("course", 20, 1).samples))
    np.testing.assert_array_equal(again.low, fitted.low)
    np.testing.assert_array_equal(again.high, fitted.high)


def test_codes_of_training_are_inside() -> None:
    fitted = Domain.fit(TrainingView(TRAINING))
    assert (fitted.outside(TRAINING, TRAINING.log2_heights) == "").all()
    # Most others of the same ensemble too.
    others = generate("uniform", 50, 22).samples
    assert (fitted.outside(others, others.log2_heights) == "").mean() > 0.8


def test_each_reason_is_told() -> None:
    fitted = Domain.fit(TrainingView(TRAINING.take(TRAINING.group == 0)))
    usual = TRAINING.take(np.arange(1))
    log2_height = usual.log2_heights
    top = float(TRAINING.log2_heights[TRAINING.group == 0].max())

    def reasons(P: np.ndarray, height: np.ndarray = log2_height) -> set[str]:
        samples = Samples.from_rows([[9, 4, 2, P]])
        (flag,) = fitted.outside(samples, height)
        return set(str(flag).split(", ")) - {""}

    P = usual.matrix(0)
    assert reasons(P) == set()
    assert reasons(P, np.array([top + 0.1])) == {"height"}
    assert reasons(P, np.array([top])) == set()
    zeros = P.copy()
    zeros[:2, :2] = 0.0  # 1 x 1 minors of P, and larger ones
    assert "zero minors" in reasons(zeros)
    # Entries of a millionth: the largest minor is the one of the identity.
    assert {"smallest minor", "spread of the minors"} <= reasons(P * 1e-6)


def test_a_group_that_training_never_saw_is_all_outside() -> None:
    fitted = Domain.fit(TrainingView(TRAINING.take(TRAINING.group != 3)))
    flags = fitted.outside(TRAINING, TRAINING.log2_heights)
    everything = "smallest minor, zero minors, spread of the minors, height"
    assert (flags[TRAINING.group == 3] == everything).all()
    assert (flags[TRAINING.group != 3] == "").all()


@pytest.mark.parametrize("kept", [range(9), [0, 8]])
def test_json_keeps_it(kept: list[int]) -> None:
    fitted = Domain.fit(TrainingView(TRAINING.take(np.isin(TRAINING.group, list(kept)))))
    values = json.loads(json.dumps(fitted.as_dict(), allow_nan=False))
    assert list(values) == [COURSE_9.names[i] for i in kept]
    again = Domain.from_dict(values, COURSE_9)
    np.testing.assert_array_equal(again.low, fitted.low)
    np.testing.assert_array_equal(again.high, fitted.high)


def test_only_training_originals_are_looked_at() -> None:
    message = "fitting the domain accepts a TrainingView only, got ValidationView"
    with pytest.raises(LeakError, match=message):
        Domain.fit(ValidationView(TRAINING))  # type: ignore[arg-type]
