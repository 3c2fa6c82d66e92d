"""The decoder's promises on many codes: `make promises`.

For every (tau, sigma) that a code allows, random and adversarial words; prints how many there
were, and how many promises were broken.  Interrupt it at any time: what was done is printed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from outliers import Broken, check

from mheight.cli.console import progress_bar
from mheight.codes import LinearCode, cosine_code, cosine_dual_code, icosahedral, single_parity
from mheight.errors import InvalidCodeError
from mheight.protection import Decoder

MOST = 7
"""The largest 2 tau + sigma tried."""


def codes(rng: np.random.Generator) -> list[LinearCode]:
    """Named codes, integer and real ones, degenerate ones among them; 20 and more for each task."""
    out = [icosahedral(), single_parity(6), cosine_code(8), cosine_dual_code(8)]
    for n, k in ((5, 2), (6, 2), (7, 3), (8, 4), (9, 4), (9, 5), (9, 6), (10, 5), (12, 6)):
        out.append(LinearCode.from_systematic(rng.normal(size=(k, n - k))))
        out.append(LinearCode.from_systematic(rng.integers(-3, 4, (k, n - k))))
    for n, k in ((8, 1), (9, 2), (10, 2), (10, 3), (11, 3), (11, 4), (12, 4)):
        out.append(LinearCode.from_systematic(rng.normal(size=(k, n - k))))
        out.append(LinearCode.from_systematic(rng.uniform(-100.0, 100.0, (k, n - k))))
        out.append(LinearCode.from_systematic(rng.integers(-100, 101, (k, n - k))))
    return out


def main() -> None:
    """Go through all codes and tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=100_000, help="words for a code and task")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    tried = codes(rng)
    found: dict[tuple[int, int], tuple[int, Broken]] = {}
    try:
        with progress_bar("codes", len(tried)) as advance:
            for code in tried:
                for m in range(1, min(code.n - code.k, MOST) + 1):
                    for tau in range(min(m // 2, 3) + 1):
                        try:
                            decoder = Decoder(code, tau, m - 2 * tau, float(rng.uniform(0.1, 2.0)))
                        except InvalidCodeError:
                            continue
                        done, broken = found.get((tau, m - 2 * tau), (0, Broken()))
                        broken += check(decoder, options.words, rng)
                        found[tau, m - 2 * tau] = done + 1, broken
                advance(1)
    except KeyboardInterrupt:
        print("interrupted")
    print("tau sigma codes      words missed false-alarms refused off-bound")
    for (tau, sigma), (number, broken) in sorted(found.items()):
        words, *rest = broken.counts
        print(f"{tau:3} {sigma:5} {number:5} {words:10,} {rest[0]:6} {rest[1]:12} "
              f"{rest[2]:7} {rest[3]:9}")  # fmt: skip
    if any(sum(broken.counts[1:]) for _, broken in found.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
