"""The linear programs that define heights, solved by HiGHS: an independent oracle."""

from __future__ import annotations

from itertools import combinations

import highspy
import numpy as np


class HeightPrograms:
    """All linear programs of one code in one HiGHS model, warm-started."""

    def __init__(self, G: np.ndarray) -> None:
        self.G = G
        k, n = G.shape
        self.model = highspy.Highs()
        self.model.setOptionValue("output_flag", False)
        # Presolve may call an unbounded homogeneous program infeasible; u = 0 never is.
        self.model.setOptionValue("presolve", "off")
        for tolerance in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self.model.setOptionValue(tolerance, 1e-10)
        free = np.full(k, highspy.kHighsInf)
        self.model.addVars(k, -free, free)
        for j in range(n):
            self.model.addRow(-1.0, 1.0, k, np.arange(k, dtype=np.int32), G[:, j])
        self.model.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def profile(self) -> np.ndarray:
        k, n = self.G.shape
        return np.array([self.height(m) for m in range(1, n - k + 1)])

    def height(self, m: int) -> float:
        best = 0.0
        for outside in combinations(range(self.G.shape[1]), m):
            for j in outside:
                self.model.changeRowBounds(j, -highspy.kHighsInf, highspy.kHighsInf)
            best = max(best, *(self._largest(a) for a in outside))
            for j in outside:
                self.model.changeRowBounds(j, -1.0, 1.0)
            if best == np.inf:
                break
        return best

    def _largest(self, a: int) -> float:
        k = len(self.G)
        self.model.changeColsCost(k, np.arange(k, dtype=np.int32), self.G[:, a])
        self.model.run()
        status = self.model.getModelStatus()
        if status == highspy.HighsModelStatus.kUnknown:  # once in a million warm starts
            self.model.clearSolver()
            self.model.run()
            status = self.model.getModelStatus()
        if status == highspy.HighsModelStatus.kUnbounded:
            return np.inf
        assert status == highspy.HighsModelStatus.kOptimal, status
        return self.model.getInfo().objective_function_value


def least_distance(G: np.ndarray, word: np.ndarray, kept: list[int]) -> float:
    """min over u of max over kept j of |y_j - <u, g_j>|, by HiGHS."""
    model = highspy.Highs()
    model.silent()
    k, big = len(G), highspy.kHighsInf
    model.addVars(k + 1, np.append(np.full(k, -big), 0.0), np.full(k + 1, big))
    model.changeColCost(k, 1.0)
    places = np.arange(k + 1, dtype=np.int32)
    for j in kept:
        model.addRow(-big, word[j], k + 1, places, np.append(G[:, j], -1.0))
        model.addRow(word[j], big, k + 1, places, np.append(G[:, j], 1.0))
    model.run()
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(model.getInfo().objective_function_value)
