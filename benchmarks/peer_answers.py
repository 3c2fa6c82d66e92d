"""Where a published package's full-profile routine and exact arithmetic disagree.

The peer, analog-ecc-heights (PyPI), compares |c| with 1 strictly in floating point, so an
exact tie may drop the codeword that attains a height.  First some matrices by name, then
how often it happens among random codes of small integers.  Its own linear program stands
beside, to be fair: that one is right.

    make benchmark-peer-answers
"""

from __future__ import annotations

from importlib.metadata import version

import analog_ecc_heights as peer
import numpy as np

import mheight
from mheight.codes import systematic_generators
from mheight.evaluation import render

NAMED = [
    ([[-1, -7, 5, -2, 4, 6, -8], [-2, -9, -2, -4, -4, 7, -11], [-8, 0, 5, -9, -3, -8, -8]], 2),
    ([[0, -1, 1, 3, 3], [1, -3, 2, 1, 1], [3, -1, 1, 2, 2]], 1),
    ([[1, 0, 0, -1, 2, -2], [0, 1, 0, 1, -3, 3], [0, 0, 1, 3, -2, 2]], 2),
    ([[49, 49, 4]], 1),
]
CODES = 100_000


def profile(G: np.ndarray, backend: str) -> np.ndarray:
    """The peer's heights; it leaves infinite ones out."""
    k, n = G.shape
    found = peer.h_m_roth_primal_combinatorial(G, backend=backend, num_threads=1)
    return np.array([*found, *[np.inf] * (n - k - len(found))])


def named_rows(backends: list[str]) -> list[list[str]]:
    rows = []
    for matrix, m in NAMED:
        G = np.array(matrix, dtype=float)
        rows.append(
            [
                str(matrix).replace(" ", ""), f"h_{m}", str(mheight.exact_profile(matrix)[m - 1]),
                *(f"{profile(G, backend)[m - 1]:.6g}" for backend in backends),
                f"{peer.h_m_roth_primal_lp(G, m):.6g}",
            ]
        )  # fmt: skip
    return rows


def random_codes(rng: np.random.Generator, kind: str) -> list[np.ndarray]:
    """Entries up to 3, n from 3 to 7: dense, or [I | P]."""
    codes = []
    while len(codes) < CODES:
        n = int(rng.integers(3, 8))
        k = int(rng.integers(1, n))
        if kind == "dense":
            G = rng.integers(-3, 4, (k, n)).astype(float)
        else:
            G = systematic_generators(rng.integers(-3, 4, (1, k, n - k)).astype(float))[0]
        if kind != "dense" or np.linalg.matrix_rank(G) == k:
            codes.append(G)
    return codes


def count(backend: str, kind: str) -> list[str]:
    low = high = verdicts = codes = 0
    for G in random_codes(np.random.default_rng(0), kind):
        ours, theirs = mheight.height_profile(G), profile(G, backend)
        codes += 1
        verdicts += bool((np.isinf(ours) != np.isinf(theirs)).any())
        finite = np.isfinite(ours) & np.isfinite(theirs)
        low += bool((theirs[finite] < ours[finite] * (1 - 1e-9)).any())
        high += bool((theirs[finite] > ours[finite] * (1 + 1e-9)).any())
    return [kind, f"{codes:,}", str(low), str(high), str(verdicts)]


def main() -> None:
    backends = list(peer.available_backends())
    print(f"analog-ecc-heights {version('analog-ecc-heights')}, backends: {', '.join(backends)}")
    header = ["G", "height", "exact", *(f"profile, {b}" for b in backends), "linear program"]
    print(render("Its full profile by name", header, named_rows(backends)))
    backend = "cpp" if "cpp" in backends else "python"
    header = ["random codes", "codes", "too low", "too high", "finite or infinite wrong"]
    rows = [count(backend, kind) for kind in ("dense", "[I | P]")]
    print(render(f"Its full profile ({backend}) on entries up to 3, n = 3 to 7", header, rows))


if __name__ == "__main__":
    main()
