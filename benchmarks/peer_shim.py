"""The public names of analog-ecc-heights over mheight, for its tests (see peer_tests.py).

Thin: what the peer takes and this package does not is translated here, and only that.  Its
linear programs take m = 0 and dependent rows, stop at a threshold, and name a back end; what
its combinatorial methods call `tol` is `zero_tolerance` here.
"""

from __future__ import annotations

import os
from functools import partial
from numbers import Integral, Real
from types import SimpleNamespace
from typing import Any

import numpy as np

import mheight
from mheight.codes.algebra.conditioning import exact_rank

PROGRAMS = ("cpp-glpk", "cpp-highs")
INF = float("inf")
ALL = os.environ.get("PEER_BACKENDS") == "all"


def available_backends() -> list[str]:
    """By default those that are Python; with PEER_BACKENDS=all this package stands for each."""
    return ["python", "cpp", *PROGRAMS] if ALL else ["python"]


def load_native(backend: str) -> Any:
    """Its native modules have the same functions."""
    if not ALL:
        raise ImportError(backend)
    solver = backend.removeprefix("cpp-")
    native = SimpleNamespace()
    for name, function in list(globals().items()):
        if name.startswith("h_m_"):
            cap = "_early_quit" if name == "h_m_jiang_simplified_lp" else ""
            full = f"{name}_{solver}{cap}" if name.endswith("_lp") else name
            setattr(native, full, partial(function, backend=backend))
    return native


def _options(backend: Any, num_threads: Any, others: tuple[str, ...] = ("cpp",)) -> None:
    if backend != "python":
        if not isinstance(backend, str) or backend not in others:
            raise ValueError(f"Unsupported backend {backend!r}")
        if not ALL:
            raise ImportError(backend)
    if num_threads is None:
        return
    if isinstance(num_threads, bool) or not isinstance(num_threads, Integral):
        raise TypeError("num_threads must be an integer")
    if num_threads < 1 or (backend in ("python", "cpp-glpk") and num_threads > 1):
        raise ValueError("num_threads out of range")


def _index(m: Any) -> int:
    """Their TypeError where this package has one error for all that is no index."""
    if isinstance(m, bool | np.bool_) or not isinstance(m, Integral):
        raise TypeError("m must be an integer")
    return int(m)


def _independent(G: np.ndarray) -> np.ndarray:
    rows: list[np.ndarray] = []
    for row in G:
        if exact_rank(np.array([*rows, row])) > len(rows):
            rows.append(row)
    return np.array(rows)


def _height(matrix: Any, m: Any, least: int = 0) -> float:
    m = _index(m)
    G = np.asarray(matrix)
    if G.ndim == 2 and G.dtype.kind in "biuf" and np.isfinite(G).all() and G.size:
        if not least <= m < G.shape[1]:
            raise ValueError("m out of range")
        G = _independent(G.astype(np.float64))
        if not len(G):
            return 0.0
        if m == 0:
            return 1.0
    return float(mheight.m_height(G, m))


def _capped(height: float, threshold: Any) -> float:
    if isinstance(threshold, bool | np.bool_) or not isinstance(threshold, Real):
        raise TypeError("a threshold must be a number")
    if np.isnan(float(threshold)):
        raise ValueError("a threshold must not be NaN")
    return min(height, float(threshold))


def h_m_jiang_original_lp(G, m, *, backend="python", num_threads=None):  # type: ignore[no-untyped-def]
    _options(backend, num_threads, PROGRAMS)
    if np.asarray(G).ndim == 2 and not np.asarray(G).any(axis=0).all():
        raise ValueError("zero column")
    return _height(G, m, 1)


def h_m_jiang_simplified_lp(  # type: ignore[no-untyped-def]
    G, m, *, backend="python", early_quit_threshold=INF, num_threads=None
):
    _options(backend, num_threads, PROGRAMS)
    return _capped(_height(G, m, 1), early_quit_threshold)


def h_m_roth_primal_lp(  # type: ignore[no-untyped-def]
    G, m, *, backend="python", early_quit_threshold=INF, num_threads=None
):
    _options(backend, num_threads, PROGRAMS)
    return _capped(_height(G, m), early_quit_threshold)


h_m_roth_dual_lp = h_m_roth_primal_lp


def _code(matrix: Any, parity: bool, tol: Any) -> mheight.LinearCode:
    if isinstance(tol, bool | np.bool_) or not isinstance(tol, Real):
        raise TypeError("tol must be a number")
    if not np.isfinite(float(tol)) or tol < 0:
        raise ValueError("tol must be finite and not negative")
    if parity and np.shape(matrix)[:1] == (0,) and np.ndim(matrix) == 2:
        return mheight.LinearCode(np.eye(np.shape(matrix)[1]))
    return mheight.LinearCode.from_parity_check(matrix) if parity else mheight.LinearCode(matrix)


def _of_code(code: mheight.LinearCode, m: Any, tol: float) -> float:
    m = _index(m)
    return 1.0 if m == 0 else float(mheight.m_height(code, m, zero_tolerance=tol))


def h_m_roth_primal_combinatorial(  # type: ignore[no-untyped-def]
    G, m=None, *, backend="python", tol=1e-10, num_threads=None
):
    _options(backend, num_threads)
    code = _code(G, False, tol)
    if m is not None:
        return _of_code(code, m, tol)
    profile = mheight.height_profile(code, zero_tolerance=tol)
    return [float(h) for h in profile if np.isfinite(h)]


def h_m_roth_primal_combinatorial_pruning(  # type: ignore[no-untyped-def]
    G, m, *, backend="python", tol=1e-10, num_threads=None
):
    _options(backend, num_threads)
    return _of_code(_code(G, False, tol), m, tol)


h_m_roth_dual_combinatorial_generator = h_m_roth_primal_combinatorial_pruning


def h_m_roth_dual_combinatorial_parity(  # type: ignore[no-untyped-def]
    H, m, *, backend="python", tol=1e-10, num_threads=None
):
    _options(backend, num_threads)
    return _of_code(_code(H, True, tol), m, tol)


def _of_mds(code: mheight.LinearCode, m: Any, tol: float) -> float:
    if _index(m) != code.n - code.k:
        raise ValueError("m must be the redundancy n - k")
    if code.k < code.n and mheight.minimum_distance(code) != code.n - code.k + 1:
        raise ValueError("the code is not MDS")
    return _of_code(code, m, tol)


def h_m_roth_mds_combinatorial(  # type: ignore[no-untyped-def]
    G, m, *, backend="python", tol=1e-10, num_threads=None
):
    _options(backend, num_threads)
    return _of_mds(_code(G, False, tol), m, tol)


def h_m_roth_mds_combinatorial_parity(  # type: ignore[no-untyped-def]
    H, m, *, backend="python", tol=1e-10, num_threads=None
):
    _options(backend, num_threads)
    return _of_mds(_code(H, True, tol), m, tol)
