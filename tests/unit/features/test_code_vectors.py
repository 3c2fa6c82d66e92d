from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from mheight.codes import random_equivalent, systematic_generators
from mheight.datasets import Samples, TrainingView
from mheight.errors import InvalidDataError
from mheight.features import FEATURES
from mheight.features import code_vectors as module
from mheight.features.code_vectors import gram, spectrum
from mheight.tiers import COURSE_9

VECTORS = {"gram": gram, "minor-spectrum": spectrum}


def codes(entries: Any) -> Samples:
    """One sample of each group, entries of P from a function of the shape."""
    return Samples.from_rows([[9, g.k, g.m, entries((g.k, 9 - g.k))] for g in COURSE_9])


def moved(samples: Samples, seed: int) -> Samples:
    """Equivalent codes, by random symmetries and changes of the information set."""
    rng = np.random.default_rng(seed)
    matrices = [
        random_equivalent(samples.matrix(i)[None], rng, "information-set")[0]
        for i in range(len(samples))
    ]
    return Samples.from_rows(
        [[9, int(samples.k[i]), int(samples.m[i]), P] for i, P in enumerate(matrices)]
    )


def test_the_projection_entry_by_entry() -> None:
    rng = np.random.default_rng(0)
    samples = codes(lambda shape: rng.standard_normal(shape))
    read = gram.read(samples)
    for i in range(len(samples)):
        G = systematic_generators(samples.matrix(i)[None])[0]
        projection = np.abs(np.linalg.pinv(G) @ G)
        rows = [
            [row[j], *sorted(np.delete(row, j), reverse=True)] for j, row in enumerate(projection)
        ]
        np.testing.assert_allclose(read[i].reshape(9, 9), sorted(rows, reverse=True), atol=1e-9)
        # The trace of a projection is its rank, and each row's length is its diagonal.
        assert read[i].reshape(9, 9)[:, 0].sum() == pytest.approx(samples.k[i])
        np.testing.assert_allclose(
            (read[i].reshape(9, 9) ** 2).sum(axis=1), read[i].reshape(9, 9)[:, 0], atol=1e-9
        )


def test_the_spectrum_minor_by_minor() -> None:
    rng = np.random.default_rng(1)
    samples = codes(lambda shape: rng.integers(-3, 4, shape).astype(float))
    read = spectrum.read(samples)
    for i in range(len(samples)):
        G = systematic_generators(samples.matrix(i)[None])[0]
        k = len(G)
        minors = np.array(
            [round(abs(np.linalg.det(G[:, list(c)]))) for c in combinations(range(9), k)]
        )
        assert (minors == 0).any()
        with np.errstate(divide="ignore"):
            expected = np.maximum(np.log2(np.sort(minors)[::-1] / minors.max()), -24.0)
        np.testing.assert_allclose(read[i, : len(expected)], expected, atol=1e-9)
        assert (read[i, len(expected) :] == -24.0).all()
    # 84 minors for k = 6, 126 for the others.
    assert (read[samples.k == 6][:, 84:] == -24.0).all()


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("limit", [1, 100])
def test_equivalent_codes_have_the_same_vector(name: str, limit: int) -> None:
    """Entries of -1, 0 and 1 give ties everywhere; those up to 100 give none."""
    rng = np.random.default_rng(2)
    for seed in range(5):
        samples = codes(lambda shape: rng.integers(-limit, limit + 1, shape).astype(float))
        read = VECTORS[name].read
        np.testing.assert_allclose(read(moved(samples, seed)), read(samples), atol=2e-7)


@pytest.mark.parametrize("name", VECTORS)
def test_another_code_has_another_vector(name: str) -> None:
    rng = np.random.default_rng(3)
    samples = codes(lambda shape: rng.integers(1, 9, shape).astype(float))
    parity = samples.parity.copy()
    parity[:, 3] += 1
    other = replace(samples, parity=parity, heights=None)
    read = VECTORS[name].read
    assert (np.abs(read(samples) - read(other)).max(axis=1) > 1e-3).all()


@pytest.mark.parametrize("name", VECTORS)
def test_chunks_do_not_show(
    name: str, course_codes: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = VECTORS[name].read(course_codes)
    monkeypatch.setattr(module, "_CHUNK", 7)
    np.testing.assert_allclose(VECTORS[name].read(course_codes), whole, atol=1e-12)


@pytest.mark.parametrize(("name", "width"), [("gram", 81), ("minor-spectrum", 126)])
def test_standardised_with_the_statistics_of_training(
    name: str, width: int, course_codes: Samples
) -> None:
    features = FEATURES[name]
    fitted = features.fit(TrainingView(course_codes))
    vector = VECTORS[name].input
    assert fitted.shapes[vector] == (width,)
    values = fitted.encode(course_codes)[vector]
    np.testing.assert_allclose(values.mean(axis=0), 0.0, atol=1e-5)
    varies = values.std(axis=0) > 0
    assert varies.sum() > width / 2
    np.testing.assert_allclose(values[:, varies].std(axis=0), 1.0, rtol=1e-4)
    # Of part of the data they are others, and features that were fitted so are told.
    part = features.fit(TrainingView(course_codes.take(np.arange(100))))
    assert not np.allclose(part.encode(course_codes)[vector], values)
    with pytest.raises(InvalidDataError, match=rf"must have shape \({width},\), got \(20,\)"):
        features.restore({"mean": [0.0] * 20, "scale": [1.0] * 20})
    assert set(json.loads(json.dumps(fitted.as_dict()))) == {"mean", "scale", "groups"}
