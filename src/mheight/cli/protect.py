"""`mheight protect`: outliers in a file of received words."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mheight.cli.console import out, progress_bar
from mheight.cli.outlier_options import (
    CodeMatrix,
    Delta,
    DetectedOutliers,
    HeightBound,
    LocatedInWord,
    ReportFile,
    Words,
)
from mheight.cli.source_options import (
    FamilyLength,
    FamilyName,
    ParityCheck,
    Systematic,
    asked_source,
    matrix_kind,
)
from mheight.cli.sources import opened
from mheight.codes import LinearCode
from mheight.codes.from_blocks import batches
from mheight.codes.reading import Kind
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.files import require_apart
from mheight.protection import VERDICTS, Decoder, LongDecoder, decoder_for
from mheight.protection.word_files import DecodedWriter, check_decoded_path, count_words, read_words

__all__ = ["protect"]

Int = NDArray[np.int64]


def protect(
    words: Words,
    code: CodeMatrix = None,
    systematic: Systematic = False,
    parity_check: ParityCheck = False,
    family: FamilyName = None,
    length: FamilyLength = None,
    tau: LocatedInWord = 1,
    sigma: DetectedOutliers = 0,
    delta: Delta = None,
    height: HeightBound = None,
    output: ReportFile = None,
) -> None:
    """Find and correct outliers in received words c + z of a code.

    Every entry of z is at most delta but for a few, the outliers.  Entries nan and inf count
    as outliers at known positions.
    """
    if delta is None:
        raise InvalidDataError("--delta is needed: the largest ordinary error of an output")
    source = asked_source(code, family, length)
    if output is not None:
        check_decoded_path(output)
        require_apart([output], [words, Path(source)])
    chosen = _one_code(source, matrix_kind(systematic, parity_check))
    decoder = decoder_for(chosen, tau, sigma, _numbers(delta), height=height)
    counts, located = _decode_file(decoder, words, output)
    out(repr(decoder))
    for verdict, number in zip(VERDICTS, counts.tolist(), strict=True):
        if number or verdict != "undecided":
            out(f"{verdict:10} {number:>12,}")
    if located.any():
        out("located at position: " + ", ".join(f"{j}: {c:,}" for j, c in enumerate(located) if c))
    out(_promise(decoder))
    if output is not None:
        out(f"written: {output}")


def _one_code(source: str, kind: Kind | None) -> LinearCode:
    """The one code of a source.

    Raises:
        InvalidCodeError: it has none, or several.
    """
    given = [G for batch in batches(*opened(source, False), kind) for G in batch.generators]
    if len(given) != 1:
        raise InvalidCodeError(f"{source}: one code is needed, got {len(given)}")
    return LinearCode(given[0])


def _decode_file(
    decoder: Decoder | LongDecoder, words: Path, output: Path | None
) -> tuple[Int, Int]:
    """Decode a file block by block, and write what was found.

    Returns:
        How many words had each verdict; how often each position was located.
    """
    n = decoder.code.n
    counts, located = np.zeros(len(VERDICTS), np.int64), np.zeros(n, np.int64)
    blocks = read_words(words, n)
    first = next(blocks)  # what is wrong with the input is said before anything is shown
    writer = nullcontext() if output is None else DecodedWriter(output, n)
    with progress_bar("decoding", count_words(words)) as advance, writer as target:
        for block in chain([first], blocks):
            result = decoder.decode(block)
            counts += np.bincount(result.codes, minlength=len(VERDICTS))
            located += result.located.sum(axis=0)
            if target is not None:
                target.write(result)
            advance(len(block))
    return counts, located


def _promise(decoder: Decoder | LongDecoder) -> str:
    """What holds for every word, in a sentence."""
    thresholds = decoder.thresholds
    span = f"{thresholds.min():.6g}"
    if thresholds.min() != thresholds.max():
        span += f" to {thresholds.max():.6g}"
    return (
        f"With at most {decoder.tau + decoder.sigma} entries of a word off by more than delta, "
        f"every one off by more than {span} is located, unless the verdict is 'too many'; with at "
        f"most {decoder.tau}, only such are, and the corrected word is off by at most "
        f"{decoder.error_bound:.6g}."
    )


def _numbers(text: str) -> float | list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise InvalidDataError(
            f"--delta must be a number, or numbers with commas, got {text!r}"
        ) from None
    return values[0] if len(values) == 1 else values
