"""Heights of analog error-correcting codes: exact, predicted, and what they are for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mheight.codes import LinearCode
    from mheight.errors import MheightError
    from mheight.heights import height_profile, m_height

__version__ = "0.1.0"

__all__ = ["LinearCode", "MheightError", "__version__", "height_profile", "m_height"]

# Loaded on first use, so that `import mheight` costs next to nothing.
_HOME = {
    "LinearCode": "mheight.codes",
    "MheightError": "mheight.errors",
    "height_profile": "mheight.heights",
    "m_height": "mheight.heights",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mheight' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
