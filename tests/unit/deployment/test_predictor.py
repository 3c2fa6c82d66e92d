from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from mheight.codes import random_equivalent
from mheight.datasets import Samples, exact_heights, generate
from mheight.deployment import Predictor
from mheight.metrics import score


@pytest.fixture(scope="module")
def packaged():
    return Predictor.load()


def test_the_packaged_model_meets_its_figures(packaged):
    """Codes of a seed that neither training nor validation has."""
    for ensemble in ("course", "uniform", "normal"):
        codes = generate(ensemble, 150, 4711).samples
        found = score(codes.log2_heights, packaged.predict_log2(codes), codes.group, codes.groups)
        assert found.overall < 0.0005, ensemble


def test_it_knows_what_it_is(packaged):
    assert packaged.name == "run9-any"
    assert packaged.manifest.network.parameters == 160
    assert packaged.card.startswith("# run9-any\n")


def test_infinite_heights_are_said_and_foreign_codes_flagged(packaged):
    fresh = generate("normal", 3, 12).samples
    rows = [[9, int(fresh.k[i]), int(fresh.m[i]), fresh.matrix(i)] for i in range(len(fresh))]
    rows[2] = [9, 4, 5, np.zeros((4, 5))]
    rows[20] = [9, 5, 3, fresh.matrix(12).reshape(5, 4) * 1e-9]
    samples = Samples.from_rows(rows)
    found = packaged.predict(samples)
    infinite = np.isinf(exact_heights(samples))
    assert infinite[2]
    np.testing.assert_array_equal(np.isinf(found.log2_heights), infinite)
    np.testing.assert_array_equal(found.flags == "infinite height", infinite)
    assert "smallest minor" in found.flags[20]
    finite = ~infinite
    # Where the model errs to one side, the prediction itself may lie outside.
    assert (found.low[finite] <= found.high[finite]).all()
    held = (found.low <= found.log2_heights + 0.1) & (found.log2_heights - 0.1 <= found.high)
    assert held[finite].all()
    assert found.level == 0.9


def test_equivalent_codes_get_one_prediction(packaged):
    rng = np.random.default_rng(3)
    codes = generate("normal", 20, 9).samples
    for (n, k), index, parity in codes.by_shape():
        other = codes.parity[index].copy()
        other[:, : k * (n - k)] = random_equivalent(parity, rng).reshape(len(index), -1)
        equivalent = replace(codes.take(index), parity=other, heights=None)
        np.testing.assert_allclose(
            packaged.predict_log2(equivalent),
            packaged.predict_log2(codes.take(index)),
            atol=1e-5,
        )


def test_many_threads_at_once(packaged):
    parts = [generate("course", 10, seed).samples for seed in range(8)]
    alone = [packaged.predict(part).log2_heights for part in parts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda part: packaged.predict(part).log2_heights, parts * 3))
    for i, values in enumerate(together):
        np.testing.assert_allclose(values, alone[i % 8], atol=1e-6)


def test_neither_keras_nor_jax_nor_training_is_loaded():
    """In a process of its own, as after a minimal installation."""
    program = """
import sys
for name in ("keras", "jax", "sklearn", "matplotlib", "onnx", "h5py", "fastapi"):
    sys.modules[name] = None
from mheight.datasets import generate
from mheight.deployment import Predictor
found = Predictor.load().predict(generate("uniform", 1, 1).samples)
print(len(found.log2_heights))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "9", done.stderr
