"""Height profiles of random [9, k] codes: profiles a second, against a published package.

Goal: at least 200,000 profiles a second at n = 9 on two cores, and agreement with the
peer to 1e-9.  The peer, analog-ecc-heights (PyPI, default Python routine), is measured
in the same run on codes from the same ensemble.

    make benchmark
"""

from __future__ import annotations

import os
import time
from importlib.metadata import version

import analog_ecc_heights
import numba
import numpy as np

import mheight
from mheight.codes import systematic_generators
from mheight.evaluation import render

CODES = 200_000
PEER_CODES = 20
GOAL = 200_000


def best_rate(job, units: int, repeats: int = 5) -> float:
    """Units a second in the fastest of a few repeats."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start)
    return units / min(seconds)


def main() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for k in (4, 5, 6):
        parity = rng.integers(-100, 100, size=(CODES, k, 9 - k), endpoint=True).astype(float)
        generators = systematic_generators(parity)
        few = generators[:PEER_CODES]
        ours = mheight.height_profile(generators)[:PEER_CODES]
        for code, profile in zip(few, ours, strict=True):
            finite = profile[np.isfinite(profile)]
            theirs = analog_ecc_heights.h_m_roth_primal_combinatorial(code)
            np.testing.assert_allclose(theirs[-len(finite) :], finite, rtol=1e-9)

        def peer(few=few) -> None:
            for code in few:
                analog_ecc_heights.h_m_roth_primal_combinatorial(code)

        rates = {}
        for threads in sorted({1, min(2, numba.config.NUMBA_NUM_THREADS)}):
            numba.set_num_threads(threads)
            rates[threads] = best_rate(lambda g=generators: mheight.height_profile(g), CODES)
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
        their_rate = best_rate(peer, PEER_CODES, repeats=2)
        rows.append(
            [
                f"[9, {k}]",
                *(f"{rate:,.0f}" for rate in rates.values()),
                f"{their_rate:,.0f}",
                f"{rates[1] / their_rate:,.0f}",
                "met" if max(rates.values()) >= GOAL else "missed",
            ]
        )
    threads = [f"{count} thread{'s' if count > 1 else ''}" for count in rates]
    print(
        render(
            f"Full profiles a second, {os.cpu_count()} cores; peer: analog-ecc-heights "
            f"{version('analog-ecc-heights')}, Python routine, one thread",
            ["code", *threads, "peer", "ratio, one thread", f"goal {GOAL:,}"],
            rows,
        )
    )


if __name__ == "__main__":
    main()
