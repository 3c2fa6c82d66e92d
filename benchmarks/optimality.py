"""Bounds proved by branch and bound over all codes: makes the logs, and runs them again.

python benchmarks/optimality.py --replay              # every shipped proof, part by part
python benchmarks/optimality.py --prove 5:2:2:1.618   # one more, added to the shipped ones
python benchmarks/optimality.py --climb 6:2:3 --seconds 60   # the best bound in that time
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from importlib import resources
from pathlib import Path

from mheight.catalogue import best_code
from mheight.catalogue.lower import PROOFS
from mheight.catalogue.proofs import Proof, prove, read_proofs, write_proofs
from mheight.cli.console import errors_in_one_line

SHIPPED = Path(str(resources.files("mheight.catalogue").joinpath("tables", PROOFS)))
BOXES_A_SECOND = 300_000


def main() -> int:
    """Replay or add proofs."""
    errors_in_one_line()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--prove", metavar="N:K:M:VALUE", nargs="*", default=[])
    parser.add_argument("--climb", metavar="N:K:M", nargs="*", default=[])
    parser.add_argument("--seconds", type=float, default=60.0, help="of CPU, for a step of --climb")
    parser.add_argument("--file", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    proofs = {(p.n, p.k, p.m): p for p in read_proofs(asked.file)}
    if asked.replay:
        return _replay(list(proofs.values()))
    for text in asked.prove:
        n, k, m, value = text.split(":")
        _try(proofs, asked.file, int(n), int(k), int(m), value, 10**9)
    for text in asked.climb:
        n, k, m = map(int, text.split(":"))
        _climb(proofs, asked.file, n, k, m, asked.seconds)
    return 0


def _replay(proofs: list[Proof]) -> int:
    wrong = 0
    for proof in proofs:
        again = prove(proof.n, proof.k, proof.m, proof.value)
        same = again is not None and again.boxes == proof.boxes
        wrong += not same
        print(f"[{proof.n}, {proof.k}] h_{proof.m} >= {proof.value}: {sum(proof.boxes)} boxes, "
              + ("the same" if same else "NOT the same"), flush=True)  # fmt: skip
    return int(wrong > 0)


def _climb(proofs: dict, file: Path, n: int, k: int, m: int, seconds: float) -> None:
    """Prove ever better bounds, towards the best height known, while each takes little time."""
    best = best_code(n, k, m).number
    for part in (0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001, 1e-4, 1e-6, 0.9e-9):
        value = f"{best * (1 - part):.12g}" if part < 1e-3 else f"{best * (1 - part):.5f}"
        if not _try(proofs, file, n, k, m, value, int(seconds * BOXES_A_SECOND)):
            break


def _try(proofs: dict, file: Path, n: int, k: int, m: int, value: str, most: int) -> bool:
    start, cpu = time.monotonic(), time.process_time()
    proof = prove(n, k, m, value, most=most, date=time.strftime("%Y-%m-%d"))
    spent = f"{time.process_time() - cpu:.1f} s CPU, {time.monotonic() - start:.1f} s"
    if proof is None:
        print(f"[{n}, {k}] h_{m} >= {value}: given up, {spent}", flush=True)
        return False
    print(f"[{n}, {k}] h_{m} >= {value}: {sum(proof.boxes)} boxes, {spent}", flush=True)
    held = proofs.get((n, k, m))
    if held is None or float(held.value) < float(value):
        proofs[n, k, m] = replace(proof, seconds=round(time.process_time() - cpu, 1))
        write_proofs([proofs[key] for key in sorted(proofs)], file)
    return True


if __name__ == "__main__":
    sys.exit(main())
