"""Linear codes over the reals: generator matrices, symmetries, fingerprints."""

from mheight.codes.checks import as_generators, as_matrix, real_array
from mheight.codes.equivalence import Equivalence, equivalence
from mheight.codes.families import (
    cosine_code,
    cosine_dual_code,
    family_code,
    icosahedral,
    repetition,
    single_parity,
)
from mheight.codes.from_blocks import parse_code, read_codes
from mheight.codes.linear_code import LinearCode
from mheight.codes.minors.batches import absolute_minors
from mheight.codes.symmetry.fingerprint import equivalence_classes, fingerprints, minor_spectrum
from mheight.codes.symmetry.symmetries import SymmetryKind, random_equivalent, systematic_generators

__all__ = [
    "Equivalence",
    "LinearCode",
    "SymmetryKind",
    "absolute_minors",
    "as_generators",
    "as_matrix",
    "cosine_code",
    "cosine_dual_code",
    "equivalence",
    "equivalence_classes",
    "family_code",
    "fingerprints",
    "icosahedral",
    "minor_spectrum",
    "parse_code",
    "random_equivalent",
    "read_codes",
    "real_array",
    "repetition",
    "single_parity",
    "systematic_generators",
]
