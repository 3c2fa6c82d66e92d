from __future__ import annotations

import numpy as np
import pytest

from mheight.codes import LinearCode, icosahedral, single_parity
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.protection import AnalogArray, Encoder, LongDecoder, ProtectedProduct

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, size=(20, 30))


@pytest.mark.parametrize("outputs", [1, 3, 7, 12])
def test_an_encoded_matrix_gives_codewords(outputs):
    W = RNG.normal(size=(outputs, 20))
    encoder = Encoder(icosahedral())
    words = encoder.words(encoder.encode(W) @ X)
    assert np.abs(words @ encoder.code.H.T).max() < 1e-10
    np.testing.assert_allclose(encoder.outputs(words, outputs), W @ X)


def test_a_code_that_is_not_systematic_is_made_so():
    code = LinearCode([[1, 1, 1, 0], [2, 2, 0, 1]])  # its first columns are dependent
    W = RNG.normal(size=(4, 20))
    encoded = Encoder(code).encode(W)
    np.testing.assert_array_equal(encoded[[0, 1, 4, 5]], W)
    np.testing.assert_allclose(ProtectedProduct(W, code, np.asarray, tau=0, sigma=1, delta=1.0) @ X,
                               W @ X)  # fmt: skip


class Spoilt:
    """A NumPy matrix whose products are wrong at chosen outputs."""

    def __init__(self, matrix, rows, error):
        self.matrix, self.rows, self.error = matrix, rows, error

    def __matmul__(self, x):
        out = self.matrix @ x
        out[self.rows] += self.error
        return out


def test_anything_with_a_product_plugs_in_and_is_corrected():
    W = RNG.normal(size=(8, 20))
    product = ProtectedProduct(W, icosahedral(), lambda A: Spoilt(A, [1, 9, 17], 40.0), delta=0.01)
    found = product.multiply(X)
    assert set(found.decoded.verdicts) == {"located"}
    assert found.decoded.positions[:3] == ((1,), (3,), (5,))
    assert np.abs(found.values - W @ X).max() <= product.decoder.error_bound
    np.testing.assert_allclose(product @ X[:, 0], W @ X[:, 0], atol=product.decoder.error_bound)
    statistics = product.statistics
    assert statistics.words == 3 * 31
    assert statistics.verdicts["located"] == 3 * 31
    assert statistics.located == (0, 31, 0, 31, 0, 31)
    assert statistics.recomputed == 0


def test_what_is_beyond_correction_is_recomputed_or_kept():
    W = RNG.normal(size=(7, 20))
    again = ProtectedProduct(W, icosahedral(), lambda A: Spoilt(A, [0, 1, 2], 40.0), delta=0.01)
    found = again.multiply(X)
    assert again.statistics.recomputed == 30
    assert found.recomputed.reshape(30, 3)[:, 0].all()
    np.testing.assert_allclose(found.values[:3], (W @ X)[:3])
    kept = ProtectedProduct(
        W, icosahedral(), lambda A: Spoilt(A, [0, 1, 2], 40.0), delta=0.01, suspect="keep"
    )
    np.testing.assert_allclose((kept @ X)[:3], (W @ X)[:3] + 40.0)


def test_a_long_code_protects_too():
    rng = np.random.default_rng(3)
    code = LinearCode.from_systematic(rng.normal(size=(20, 10)))
    W, x = rng.normal(size=(45, 12)), rng.uniform(-1, 1, size=(12, 4))
    product = ProtectedProduct(
        W, code, lambda A: Spoilt(A + 1e-4, [3, 35], 1e6), delta=0.01, height=1e4
    )
    found = product.multiply(x)
    assert isinstance(product.decoder, LongDecoder)
    assert found.decoded.positions[:3] == ((3,), (5,), ())
    np.testing.assert_allclose(found.values, W @ x, atol=0.02)
    assert 0.0 < product.calibrate(rng.uniform(size=(12, 3)), spread=1.0) < 0.01
    assert product.decoder.height == 1e4


def test_calibration_leaves_stuck_rows_out():
    W = RNG.normal(size=(12, 20))

    def program(A):
        return Spoilt(AnalogArray(A, read_noise=0.01).programmed + 1e-3, [4, 10], 5.0)

    product = ProtectedProduct(W, icosahedral(), program)
    with pytest.raises(InvalidDataError, match="call calibrate"):
        product.multiply(X)
    delta = product.calibrate(X)
    assert 0.0 < delta < 0.1
    assert product.calibrate(X, margin=2.0) == pytest.approx(2.0 * delta)
    assert np.abs(product @ X - W @ X).max() <= product.decoder.error_bound


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"suspect": "ask"}, InvalidDataError, "'recompute' or 'keep', got 'ask'"),
        ({"tau": 2}, InvalidCodeError, r"must lie in 1..n-k = 1..3, got 2\*2"),
        ({"delta": 0.0}, InvalidCodeError, "delta must be positive"),
        ({"code": LinearCode(np.eye(3))}, InvalidCodeError, "n > k is needed"),
        ({"W": [1.0, 2.0]}, InvalidCodeError, "W must have 2 dimensions"),
        ({"W": np.zeros((0, 3))}, InvalidDataError, r"at least one row and column, got \(0, 3\)"),
    ],
)
def test_bad_products(change, error, message):
    settings = {"W": np.ones((3, 4)), "code": icosahedral(), "program": np.asarray, **change}
    with pytest.raises(error, match=message):
        ProtectedProduct(**settings)


def test_bad_inputs():
    product = ProtectedProduct(np.ones((3, 4)), single_parity(4), np.asarray, tau=0, sigma=1)
    with pytest.raises(InvalidDataError, match="nothing to calibrate"):
        product.calibrate(np.ones((4, 3)))
    with pytest.raises(InvalidDataError, match=r"failure must lie in \(0, 1\), got 2"):
        product.calibrate(np.ones((4, 3)), failure=2)
    with pytest.raises(InvalidDataError, match=r"with inputs = 4, got \(5,\)"):
        product.calibrate(np.ones(5))
    with pytest.raises(InvalidDataError, match=r"with n = 4, got \(7,\)"):
        product.encoder.words(np.ones(7))
