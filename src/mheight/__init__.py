"""Heights of analog error-correcting codes: exact, predicted, and what they are for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mheight.catalogue import best_code
    from mheight.codes import LinearCode
    from mheight.errors import AccuracyWarning, MheightError
    from mheight.heights import (
        Certificate,
        Doubt,
        DoubtKind,
        Profiles,
        Solution,
        Verdict,
        capability_table,
        certificates,
        exact_certificates,
        exact_profile,
        find_height,
        height_gradient,
        height_profile,
        judge,
        lower_bounds,
        m_height,
        minimum_distance,
        profile_with_doubts,
        verify,
    )

__version__ = "0.1.0"

__all__ = [
    "AccuracyWarning",
    "Certificate",
    "Doubt",
    "DoubtKind",
    "LinearCode",
    "MheightError",
    "Profiles",
    "Solution",
    "Verdict",
    "__version__",
    "best_code",
    "capability_table",
    "certificates",
    "exact_certificates",
    "exact_profile",
    "find_height",
    "height_gradient",
    "height_profile",
    "judge",
    "lower_bounds",
    "m_height",
    "minimum_distance",
    "profile_with_doubts",
    "verify",
]

# Loaded on first use, so that `import mheight` costs next to nothing.
_HOME = {
    "LinearCode": "mheight.codes",
    "AccuracyWarning": "mheight.errors",
    "MheightError": "mheight.errors",
    "Certificate": "mheight.heights",
    "Doubt": "mheight.heights",
    "DoubtKind": "mheight.heights",
    "Profiles": "mheight.heights",
    "Solution": "mheight.heights",
    "Verdict": "mheight.heights",
    "best_code": "mheight.catalogue",
    "capability_table": "mheight.heights",
    "certificates": "mheight.heights",
    "exact_certificates": "mheight.heights",
    "exact_profile": "mheight.heights",
    "find_height": "mheight.heights",
    "height_gradient": "mheight.heights",
    "height_profile": "mheight.heights",
    "judge": "mheight.heights",
    "lower_bounds": "mheight.heights",
    "m_height": "mheight.heights",
    "minimum_distance": "mheight.heights",
    "profile_with_doubts": "mheight.heights",
    "verify": "mheight.heights",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mheight' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
