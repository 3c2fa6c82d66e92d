from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mheight.codes import random_equivalent
from mheight.datasets import (
    CodeStream,
    Samples,
    content_hash,
    exact_heights,
    generate,
    sample_fingerprints,
)
from mheight.datasets import stream as module
from mheight.errors import InvalidDataError
from mheight.tiers import COURSE_9

NONE = np.empty(0, dtype="S32")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mheight.datasets.ensembles._CHUNK", 256)
    monkeypatch.setattr("mheight.datasets.ensembles._SEARCH_CHUNK", 32)
    monkeypatch.setattr("mheight.datasets.ensembles._SEARCH_STEPS", 5)


def stream(*ensembles: Any, per_group: int = 5, seed: int = 1, barred: Any = NONE) -> CodeStream:
    return CodeStream(ensembles or ("course",), per_group, seed, np.unique(barred))


def test_an_epoch_depends_on_seed_and_number_alone() -> None:
    one, two = stream(), stream()
    two.epoch(3)  # whatever was drawn before
    first = one.epoch(0)
    again = two.epoch(0)
    assert content_hash(first.samples) == content_hash(again.samples)
    np.testing.assert_array_equal(first.fingerprints, again.fingerprints)
    for other in (one.epoch(1), stream(seed=2).epoch(0)):
        # A few codes of small integers may come up again, hardly any others.
        assert np.isin(other.fingerprints, first.fingerprints).mean() < 0.2


@pytest.mark.parametrize("ensemble", ["course", "normal", "searched"])
def test_codes_are_labelled_and_named(ensemble: Any) -> None:
    drawn = stream(ensemble).epoch(2)
    samples = drawn.samples
    assert samples.counts() == dict.fromkeys(COURSE_9.names, 5)
    assert sorted(samples.sample_id.tolist()) == list(range(45))
    np.testing.assert_array_equal(samples.labels, exact_heights(samples))
    np.testing.assert_array_equal(drawn.fingerprints, sample_fingerprints(samples))
    assert drawn.barred == 0


def test_ensembles_share_an_epoch() -> None:
    """7 codes a group over three ensembles: 3, 2 and 2."""
    samples = stream("normal", "uniform", "normal", per_group=7).epoch(0).samples
    assert samples.counts() == dict.fromkeys(COURSE_9.names, 7)
    whole = (samples.parity == np.rint(samples.parity)).all(axis=1)
    for group in range(len(COURSE_9)):
        assert whole[samples.group == group].sum() == 2
    # The same ensemble twice gives other codes.
    assert len(np.unique(samples.parity, axis=0)) == 63


def test_fewer_codes_than_ensembles() -> None:
    samples = stream("normal", "uniform", per_group=1).epoch(0).samples
    assert samples.counts() == dict.fromkeys(COURSE_9.names, 1)
    assert not (samples.parity == np.rint(samples.parity)).all(axis=1).any()


def test_a_fingerprint_is_that_of_the_code() -> None:
    """The same whatever m and information set; another for another code."""
    rng = np.random.default_rng(0)
    P = rng.integers(1, 50, (4, 5)).astype(float)
    Q = random_equivalent(P[None], rng)[0]
    other = P.copy()
    other[0, 0] += 1
    names = sample_fingerprints(
        Samples.from_rows([[9, 4, 2, P], [9, 4, 5, P], [9, 4, 3, Q], [9, 4, 2, other]])
    )
    assert names[0] == names[1] == names[2] != names[3]
    assert names.dtype == "S32"


def test_barred_codes_never_come_and_are_counted() -> None:
    free = stream("uniform").epoch(0)
    wanted = free.samples.sample_id % 5 == 0  # the first of each group
    barred = stream("uniform", barred=free.fingerprints[wanted]).epoch(0)
    assert not np.isin(barred.fingerprints, free.fingerprints[wanted]).any()
    assert barred.barred == 9
    assert barred.samples.counts() == dict.fromkeys(COURSE_9.names, 5)
    # The others are there, in their order; one more fills each group up.
    for group in range(len(COURSE_9)):
        kept = barred.fingerprints[barred.samples.group == group]
        before = free.fingerprints[free.samples.group == group]
        np.testing.assert_array_equal(kept[:4], before[1:])
        assert kept[4] not in before


def test_equivalent_codes_are_barred_too() -> None:
    free = stream("uniform").epoch(0).samples
    rng = np.random.default_rng(1)
    moved = Samples.from_rows(
        [
            [9, int(free.k[i]), 2, random_equivalent(free.matrix(i)[None], rng)[0]]
            for i in range(len(free))
        ]
    )
    # Other matrices, and other m: the same codes.
    assert not (moved.parity == free.parity).all(axis=1).any()
    barred = stream("uniform", barred=sample_fingerprints(moved)).epoch(0)
    assert barred.barred == 45
    assert not np.isin(barred.fingerprints, sample_fingerprints(free)).any()


def test_where_many_are_barred_more_are_drawn() -> None:
    """60 a group are barred, more than are drawn at first for 5."""
    first = stream("uniform", per_group=60).epoch(0)
    barred = stream("uniform", barred=first.fingerprints).epoch(0)
    assert barred.barred == 540
    assert barred.samples.counts() == dict.fromkeys(COURSE_9.names, 5)
    assert not np.isin(barred.fingerprints, first.fingerprints).any()


def test_only_the_codes_looked_at_are_counted() -> None:
    """Barred codes behind those that are kept were never in the way."""
    first = stream("uniform", per_group=20).epoch(0)
    late = first.samples.sample_id % 20 >= 5
    assert stream("uniform", barred=first.fingerprints[late]).epoch(0).barred == 0


def test_an_ensemble_that_is_nearly_all_barred(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def few_codes(ensemble: Any, count: int, seed: int, *, groups: Any) -> Any:
        """The same three codes of each group, again and again."""
        asked.append(count)
        three = generate("uniform", 3, 0)
        times = np.repeat(np.arange(27).reshape(9, 3), -(-count // 3), axis=0)
        rows = times.reshape(9, -1)[:, :count].ravel()
        return type(three)(three.samples.take(rows), {})

    names = sample_fingerprints(generate("uniform", 3, 0).samples)
    monkeypatch.setattr(module, "generate", few_codes)
    message = "nearly all codes of the ensemble 'uniform' are equivalent to ones in validation"
    with pytest.raises(InvalidDataError, match=message):
        stream("uniform", barred=names).epoch(0)
    assert asked == [37 * 2**i for i in range(7)]
    # With one of the three free there are enough.
    free = stream("uniform", barred=names[np.arange(27) % 3 > 0]).epoch(0)
    assert set(free.fingerprints) == set(names[::3])
    assert free.barred > 0
