"""Height profiles in batches and one by one, against a published package in the same run.

Goals, one thread each: 200 times the rate of the peer's C++ full-profile routine at
n = 9 and [12, 6], 400 times at [16, 8], 8,000 times its default Python routine; two
threads 1.8 times one; one [9, 4] code from call to answer in 60 microseconds.  Both must
agree to 1e-9 on the codes compared.

The peer is analog-ecc-heights (PyPI), with its C++ extension if it could be built (needs
a compiler and Eigen).  Peer and package take turns, and the best repeat of each counts.
As a control, a loop without any memory traffic shows what a second thread is worth on
the machine at that moment.

    make benchmark
"""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version

import analog_ecc_heights
import numba
import numpy as np

import mheight
from mheight.codes import systematic_generators
from mheight.evaluation import render
from mheight.kernels.threads import in_parts, set_threads, thread_count

SHAPES = [
    # n, k, codes, codes for the peer's C++, for its Python routine, goal over C++
    (9, 4, 200_000, 400, 10, 200),
    (9, 5, 200_000, 400, 10, 200),
    (9, 6, 200_000, 400, 10, 200),
    (12, 6, 16_000, 40, 0, 200),
    (16, 8, 400, 2, 0, 400),
]
REPEATS = 5


def seconds_of(job) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def peer_profiles(codes: np.ndarray, backend: str) -> list[list[float]]:
    return [
        analog_ecc_heights.h_m_roth_primal_combinatorial(G, backend=backend, num_threads=1)
        for G in codes
    ]


def check_agreement(codes: np.ndarray, theirs: list[list[float]]) -> None:
    """The peer returns the finite heights only."""
    for ours, their in zip(mheight.height_profile(codes), theirs, strict=True):
        np.testing.assert_allclose(their, ours[np.isfinite(ours)], rtol=1e-9)


@numba.njit(nogil=True)
def spin(task: int, steps: int) -> float:
    x = 0.5 + 0.001 * task
    for _ in range(steps):
        x = 3.9 * x * (1.0 - x)
    return x


def on_threads(count: int, job) -> float:
    set_threads(count)
    try:
        return seconds_of(job)
    finally:
        set_threads(None)


def batches(backends: list[str], threads: list[int]) -> list[list[str]]:
    rng = np.random.default_rng(0)
    rows = []
    for n, k, count, cpp_count, python_count, goal in SHAPES:
        parity = rng.integers(-100, 100, size=(count, k, n - k), endpoint=True).astype(float)
        codes = systematic_generators(parity)
        peers = {"cpp": cpp_count, "python": python_count}
        peers = {b: c for b, c in peers.items() if b in backends and c}
        for backend, few in peers.items():
            check_agreement(codes[:few], peer_profiles(codes[:few], backend))
        times: dict[object, list[float]] = {key: [] for key in [*threads, *peers]}
        mheight.height_profile(codes)
        for _ in range(REPEATS):
            for t in threads:
                job = lambda codes=codes: mheight.height_profile(codes)  # noqa: E731
                times[t].append(on_threads(t, job) / count)
            for backend, few in peers.items():
                job = lambda c=codes[:few], b=backend: peer_profiles(c, b)  # noqa: E731
                times[backend].append(seconds_of(job) / few)
        best = {key: min(values) for key, values in times.items()}
        over_cpp = best["cpp"] / best[1] if "cpp" in peers else None
        rows.append(
            [
                f"[{n}, {k}]",
                *(f"{1e6 * best[t]:,.2f}" for t in threads),
                f"{best[1] / best[threads[-1]]:.2f}",
                f"{1e6 * best['cpp']:,.0f}" if "cpp" in peers else "-",
                f"{over_cpp:,.0f}" if over_cpp else "-",
                "-" if over_cpp is None else f"{goal}: {'met' if over_cpp >= goal else 'missed'}",
                f"{1e6 * best['python']:,.0f}" if "python" in peers else "-",
                f"{best['python'] / best[1]:,.0f}" if "python" in peers else "-",
            ]
        )
    return rows


def one_call() -> str:
    rng = np.random.default_rng(1)
    G = systematic_generators(rng.integers(-100, 101, size=(1, 4, 5)).astype(float))[0]
    mheight.height_profile(G)
    calls = 2000
    times = []
    for _ in range(REPEATS):
        times.append(seconds_of(lambda: [mheight.height_profile(G) for _ in range(calls)]) / calls)
    return f"One [9, 4] code, call to answer, warm: {1e6 * min(times):.0f} microseconds (goal 60)."


def control(threads: list[int]) -> str:
    job = lambda: in_parts(lambda task: spin(task, 400_000), 64)  # noqa: E731
    spin(2, 10)
    times = {t: min(on_threads(t, job) for _ in range(5)) for t in threads}
    ratio = times[1] / times[threads[-1]]
    return f"Control: {threads[-1]} threads over one, loop without memory traffic: {ratio:.2f}."


def main() -> None:
    threads = sorted({1, min(2, thread_count())})
    backends = analog_ecc_heights.available_backends()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    print(f"analog-ecc-heights {version('analog-ecc-heights')}, backends: {', '.join(backends)}")
    header = [f"us, {t} thread{'s' if t > 1 else ''}" for t in threads]
    print(
        render(
            "Full profiles: microseconds a code, and times the peer's rate on one thread",
            ["code", *header, "ratio", "C++ us", "over C++", "goal", "Python us", "over Python"],
            batches(backends, threads),
        )
    )
    print(control(threads))
    print(one_call())


if __name__ == "__main__":
    main()
