"""`mheight heights`: exact heights of codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mheight.cli.console import out, progress_bar

if TYPE_CHECKING:
    from mheight.codes import LinearCode

__all__ = ["heights"]

_SAMPLE_SUFFIXES = {".pkl", ".pickle", ".parquet"}
_LONGEST_PATH = 1000


def heights(
    source: Annotated[
        str,
        typer.Argument(
            help="A matrix, '1 0 1; 0 1 1' or '[[1,0,1],[0,1,1]]'; or a file: .json, .npy, .csv "
            "with one matrix or (not .csv) several; .pkl, .parquet with samples n, k, m, P, n = 9."
        ),
    ],
    systematic: Annotated[
        bool, typer.Option("--systematic", "-P", help="Matrices are P of G = [I | P], not G.")
    ] = False,
    m: Annotated[int | None, typer.Option("-m", help="Only this height.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line instead of a table.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="For samples: .csv, .parquet or .pkl to write."),
    ] = None,
) -> None:
    """Compute exact heights h_1 ... h_{n-k} of one code or of all codes in a file."""
    from mheight.codes import parse_code, read_codes
    from mheight.errors import InvalidDataError

    # A typed matrix may be longer than any file name.
    typed = len(source) > _LONGEST_PATH or any(mark in source for mark in "[;\n")
    path = Path() if typed else Path(source)
    if path.suffix.lower() in _SAMPLE_SUFFIXES or (not typed and source and path.is_dir()):
        if systematic or m is not None:
            raise InvalidDataError("samples say themselves which P and m: leave out -P and -m")
        _sample_heights(path, output)
        return
    if output is not None:
        raise InvalidDataError("--output goes with a file of samples (.pkl or .parquet)")
    is_file = path.suffix.lower() in {".json", ".npy", ".csv"}
    codes = (
        read_codes(path, systematic=systematic)
        if is_file
        else [parse_code(source, systematic=systematic)]
    )
    for i, code in enumerate(codes):
        out(_json_line(i, code, m) if as_json else _table(i, code, m))


def _profile(code: LinearCode, m: int | None) -> dict[int, float]:
    from mheight.errors import InvalidCodeError
    from mheight.heights import height_profile, m_height

    if code.k == code.n:
        raise InvalidCodeError(f"n > k is needed, got n = k = {code.n}: no height is defined")
    if m is not None:
        return {m: float(m_height(code, m))}
    return {i + 1: float(h) for i, h in enumerate(height_profile(code))}


def _json_line(i: int, code: LinearCode, m: int | None) -> str:
    values: dict[str, Any] = {"code": i, "n": code.n, "k": code.k}
    # JSON has no infinity: an infinite height is null.
    shown = {str(j): (h if h < float("inf") else None) for j, h in _profile(code, m).items()}
    return json.dumps({**values, "heights": shown})


def _table(i: int, code: LinearCode, m: int | None) -> str:
    import math

    from mheight.evaluation.tables import render

    rows = [
        [str(j), f"{h:.12g}", f"{math.log2(h):.4f}" if h < math.inf else "inf"]
        for j, h in _profile(code, m).items()
    ]
    return render(f"code {i}: [{code.n}, {code.k}]", ["m", "height", "log2"], rows)


def _sample_heights(path: Path, output: Path | None) -> None:
    import numpy as np

    from mheight.datasets import exact_heights, read_samples
    from mheight.datasets.height_files import write_heights

    samples = read_samples(path)
    with progress_bar("computing heights", len(samples)) as advance:
        values = exact_heights(samples, advance)
    if output is None:
        from mheight.errors import InvalidDataError

        raise InvalidDataError("a file of samples needs --output, a .csv, .parquet or .pkl file")
    write_heights(samples, values, output)
    out(f"{output}: {len(samples):,} exact heights, {int(np.isinf(values).sum())} infinite")
