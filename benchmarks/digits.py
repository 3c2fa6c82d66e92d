"""Handwritten digits through a two-layer network on a simulated crossbar: `make demo`.

Both products of the network run on arrays with programming noise, read noise, converters and
stuck cells.  Accuracy against the share of stuck cells: unprotected, protected by two codes,
by three copies (median) and by a checksum (recomputed digitally where it fails); the same
seeds for all.  Writes a table and docs/images/protection_digits.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from mheight.cli.console import progress_bar
from mheight.codes import LinearCode, cosine_code, icosahedral, single_parity
from mheight.protection import AnalogArray, ProtectedProduct

mpl.use("agg")
import matplotlib.pyplot as plt

RATES = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
HIDDEN = 30
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "protection_digits.png"

Layer = Callable[[np.ndarray, np.ndarray, float, int], tuple[np.ndarray, float]]


def program(rate: float, seed: int) -> Callable[[np.ndarray], AnalogArray]:
    """Arrays with a share of stuck cells, half of them low and half high."""

    def make(matrix: np.ndarray) -> AnalogArray:
        largest = 16.0 * float(np.abs(matrix).max())
        return AnalogArray(
            matrix, seed=seed, programming_noise=0.02, read_noise=0.01, adc_bits=9,
            output_range=largest, stuck_low=rate / 2, stuck_high=rate / 2,
        )  # fmt: skip

    return make


def plain(W: np.ndarray, x: np.ndarray, rate: float, seed: int) -> tuple[np.ndarray, float]:
    """The product as it comes."""
    return program(rate, seed)(W) @ x, 0.0


def copies(W: np.ndarray, x: np.ndarray, rate: float, seed: int) -> tuple[np.ndarray, float]:
    """The median of three copies."""
    outputs = program(rate, seed)(np.vstack([W] * 3)) @ x
    return np.median(outputs.reshape(3, len(W), -1), axis=0), 0.0


def coded(code: LinearCode, tau: int, sigma: int) -> Layer:
    """Protected by a code; delta is calibrated on an array without stuck cells."""

    def layer(W: np.ndarray, x: np.ndarray, rate: float, seed: int) -> tuple[np.ndarray, float]:
        healthy = ProtectedProduct(W, code, program(0.0, seed + 10_000), tau=tau, sigma=sigma)
        delta = healthy.calibrate(x[:, :200], margin=1.2)
        product = ProtectedProduct(W, code, program(rate, seed), tau=tau, sigma=sigma, delta=delta)
        values = product @ x
        return values, product.statistics.recomputed / product.statistics.words

    return layer


METHODS: dict[str, tuple[float, Layer]] = {
    "unprotected": (1.0, plain),
    "checksum of 5, recomputed": (6 / 5, coded(single_parity(6), 0, 1)),
    "[6, 3] icosahedral": (2.0, coded(icosahedral(), 1, 1)),
    "[5, 2] cosine": (2.5, coded(cosine_code(5), 1, 1)),
    "three copies, median": (3.0, copies),
}


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arrays", type=int, default=10, help="arrays for each point")
    options = parser.parse_args()
    X, y = load_digits(return_X_y=True)
    seen, unseen, labels, wanted = train_test_split(
        X / 16.0, y, test_size=600, random_state=0, stratify=y
    )
    network = MLPClassifier((HIDDEN,), max_iter=1000, random_state=0).fit(seen, labels)
    (W1, W2), (b1, b2) = network.coefs_, network.intercepts_
    ideal = network.score(unseen, wanted)
    accuracy = {name: np.zeros((len(RATES), options.arrays)) for name in METHODS}
    again = {name: np.zeros((len(RATES), options.arrays)) for name in METHODS}
    with progress_bar("arrays", len(METHODS) * len(RATES) * options.arrays) as advance:
        for name, (_, layer) in METHODS.items():
            for i, rate in enumerate(RATES):
                for seed in range(options.arrays):
                    hidden, first = layer(W1.T, unseen.T, rate, 2 * seed)
                    hidden = np.maximum(hidden + b1[:, None], 0.0)
                    outputs, second = layer(W2.T, hidden, rate, 2 * seed + 1)
                    guess = np.argmax(outputs + b2[:, None], axis=0)
                    accuracy[name][i, seed] = (guess == wanted).mean()
                    again[name][i, seed] = (first + second) / 2.0
                    advance(1)
    print(
        f"accuracy on {len(wanted)} digits, {options.arrays} arrays; without hardware {ideal:.3f}"
    )
    print(f"{'stuck cells':26} n/k   " + " ".join(f"{rate:7.2%}" for rate in RATES))
    for name, (overhead, _) in METHODS.items():
        means = " ".join(f"{a:7.3f}" for a in accuracy[name].mean(axis=1))
        print(f"{name:26} {overhead:4.2f}  {means}")
    print("words recomputed digitally")
    for name in METHODS:
        if again[name].any():
            print(f"{name:32} " + " ".join(f"{a:7.1%}" for a in again[name].mean(axis=1)))
    draw(accuracy, ideal, options.arrays)
    print(f"written: docs/images/{PICTURE.name}")


def draw(accuracy: dict[str, np.ndarray], ideal: float, arrays: int) -> None:
    """Accuracy against the share of stuck cells."""
    figure, axes = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
    places = np.arange(len(RATES))
    for (name, values), mark in zip(accuracy.items(), "os^Dv", strict=True):
        overhead = METHODS[name][0]
        mean, error = values.mean(axis=1), values.std(axis=1) / np.sqrt(arrays)
        axes.errorbar(places, mean, 2 * error, marker=mark, capsize=3,
                      label=f"{name} (n/k = {overhead:.3g})")  # fmt: skip
    axes.axhline(ideal, color="0.6", linestyle=":", label="without hardware")
    axes.set_xticks(places, [f"{rate:.2%}" for rate in RATES])
    axes.set_xlabel("share of stuck cells (half low, half high)")
    axes.set_ylabel("accuracy on 600 digits")
    axes.set_title(
        "Digits on a faulty crossbar: codes keep the accuracy up to 0.3 % of stuck cells\n"
        "at n/k = 2, up to 1 % at 2.5 (bars: two standard errors)",
        fontsize="medium",
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
