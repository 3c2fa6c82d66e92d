"""Decoding by one thread, protected products by all, beside peers: `make benchmark-protection`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from programs import least_distance

from mheight.codes import LinearCode, icosahedral
from mheight.kernels.threads import set_threads, thread_count
from mheight.protection import VERDICTS, Decoder, LongDecoder, ProtectedProduct

REPEATS = 3


def seconds(work: Callable[[], object]) -> float:
    """The best of some times, after one run that does not count."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def received(code: LinearCode, count: int, outliers: int, size: float) -> np.ndarray:
    """Words with errors up to 1 and, in half of them, outliers."""
    rng = np.random.default_rng(1)
    words = 5.0 * rng.normal(size=(count, code.k)) @ code.G + rng.uniform(-1, 1, (count, code.n))
    spoilt = np.flatnonzero(rng.random(count) < 0.5)
    for _ in range(outliers):
        words[spoilt, rng.integers(0, code.n, len(spoilt))] += size * rng.normal(size=len(spoilt))
    return words


def by_programs(decoder: Decoder, word: np.ndarray) -> bool:
    """Whether a word can be explained: one Chebyshev program for each set, by HiGHS."""
    n = decoder.code.n
    found = False
    for size in range(decoder.tau + 1):
        for chosen in combinations(range(n), size):
            kept = [j for j in range(n) if j not in chosen]
            found |= least_distance(decoder.code.G, word, kept) <= 1.0
    return found


def main() -> None:
    """Measure everything and print a table."""
    set_threads(1)
    rng = np.random.default_rng(0)
    print("work                                        words/s   goal      beside")
    for n, k, tau, count, goal in ((9, 4, 1, 200_000, 1e6), (16, 8, 2, 3_000, 2e4)):
        code = LinearCode.from_systematic(rng.normal(size=(k, n - k)))
        decoder = Decoder(code, tau)
        words = received(code, count, tau, 3.0 * decoder.height)
        rate = count / seconds(lambda d=decoder, w=words: d.decode(w))
        few = words[:6]
        start = time.perf_counter()
        wanted = [by_programs(decoder, word) for word in few]
        slow = len(few) / (time.perf_counter() - start)
        told = [v != "too many" for v in decoder.decode(few).verdicts]
        assert told == wanted, "verdicts differ from the linear programs"
        print(f"decode [{n}, {k}], tau = {tau}, batch             {rate:10,.0f}  {goal:9,.0f}  "
              f"{rate / slow:,.0f} times HiGHS, one program a set")  # fmt: skip
    code = LinearCode.from_systematic(rng.normal(size=(48, 16)))
    long = LongDecoder(code, 2, height=1e4)
    words = received(code, 300, 2, 1e6)
    found = long.decode(words)
    assert (found.residuals[found.codes != VERDICTS.index("too many")] <= 1.0 + 1e-6).all()
    rate = len(words) / seconds(lambda: long.decode(words))
    print(f"decode [64, 48], tau = 2, explanations checked {rate:7,.0f}        100")
    set_threads(None)
    W, X = rng.normal(size=(1024, 1024)), rng.normal(size=(1024, 256))
    product = ProtectedProduct(W, icosahedral(), np.asarray, delta=1e-6)
    plain = seconds(lambda: W @ X)
    encoded = product.encoder.encode(W)
    bare = seconds(lambda: encoded @ X)
    whole = seconds(lambda: product @ X)
    print(f"protected 1024 x 1024 by 256, {thread_count()} threads: {whole / bare:.2f} times a")
    print(f"plain product of twice the size, n/k = 2 (goal under 2), {whole / plain:.2f} times W X")


if __name__ == "__main__":
    main()
