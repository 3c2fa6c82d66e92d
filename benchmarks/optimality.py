"""Bounds proved by branch and bound over all codes: makes the logs, and runs them again.

python benchmarks/optimality.py --replay              # every shipped proof, part by part
python benchmarks/optimality.py --prove 5:2:2:1.618   # one more, added to the shipped ones
python benchmarks/optimality.py --climb 6:2:3 --seconds 60   # the best bound in that time
python benchmarks/optimality.py --integers 6:4 10:2 --found results/integers   # the least h_(n-k)
    # of all integer codes; codes that are better than the catalogue's go to the folder
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from mheight.catalogue import best_code
from mheight.catalogue.exhaustion import exhaust, read_integer_proofs, write_integer_proofs
from mheight.catalogue.found import judged, write_found
from mheight.catalogue.proof_files import INTEGER_PROOFS, PROOFS, shipped_logs
from mheight.catalogue.proofs import Proof, prove, read_proofs, write_proofs
from mheight.cli.console import errors_in_one_line

SHIPPED = Path(str(shipped_logs(PROOFS)))
SHIPPED_INTEGER = SHIPPED.with_name(INTEGER_PROOFS)
BOXES_A_SECOND = 300_000


def main() -> int:
    """Replay or add proofs."""
    errors_in_one_line()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--prove", metavar="N:K:M:VALUE", nargs="*", default=[])
    parser.add_argument("--climb", metavar="N:K:M", nargs="*", default=[])
    parser.add_argument("--integers", metavar="N:K", nargs="*", default=[])
    parser.add_argument("--found", type=Path, help="folder of the codes that --integers meets")
    parser.add_argument("--seconds", type=float, default=60.0, help="of CPU, for a step of --climb")
    parser.add_argument("--file", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    proofs = {(p.n, p.k, p.m): p for p in read_proofs(asked.file)}
    if asked.replay:
        return max(_replay(list(proofs.values())), _replay_integers())
    for text in asked.prove:
        n, k, m, value = text.split(":")
        _try(proofs, asked.file, int(n), int(k), int(m), value, 10**9)
    for text in asked.integers:
        n, k = map(int, text.split(":"))
        _least(n, k, asked.found)
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


def _replay_integers() -> int:
    wrong = 0
    for proof in read_integer_proofs():
        again = exhaust(proof.n, proof.k, proof.value)
        same = not isinstance(again, list) and again.steps == proof.steps
        wrong += not same
        print(f"[{proof.n}, {proof.k}] integers, h_{proof.n - proof.k} >= {proof.value}: "
              f"{proof.steps} steps, " + ("the same" if same else "NOT the same"),
              flush=True)  # fmt: skip
    return int(wrong > 0)


def _least(n: int, k: int, folder: Path | None) -> None:
    """Go through all integer codes below the best height until none is left."""
    m, today, cpu = n - k, time.strftime("%Y-%m-%d"), time.process_time()
    value = str(Fraction(best_code(n, k, m, "integer").height))
    while True:
        result = exhaust(n, k, value, date=today)
        if not isinstance(result, list):
            break
        matrix = tuple((*(int(i == j) for j in range(k)), *row) for i, row in enumerate(result))
        spent = round(time.process_time() - cpu, 1)
        found = judged(matrix, m, entries="integer", bound=100, seed=0, method="all integer codes",
                       seconds=spent, date=today)  # fmt: skip
        assert found is not None
        print(f"[{n}, {k}] h_{m}: {value} -> {found.certificate.height}", flush=True)
        value = str(found.certificate.height)
        if folder is not None:
            write_found(folder, found)
    print(f"[{n}, {k}] h_{m} >= {value} for all integer codes: {result.steps} steps, "
          f"{time.process_time() - cpu:.1f} s CPU", flush=True)  # fmt: skip
    held = {(p.n, p.k): p for p in read_integer_proofs(SHIPPED_INTEGER)}
    held[n, k] = result
    write_integer_proofs([held[key] for key in sorted(held)], SHIPPED_INTEGER)


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
