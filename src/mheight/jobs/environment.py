"""What a process computes with: results are the same to the last bit only where this is."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import mheight

__all__ = ["differences", "environment"]

_PACKAGES = ("numpy", "numba", "pyarrow")


@cache
def environment() -> dict[str, str]:
    """Versions of mheight, of its source, and of what numbers and files depend on."""
    source = hashlib.sha256()
    root = Path(mheight.__file__).parent
    for path in sorted(root.rglob("*.py")):
        source.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return {
        "mheight": mheight.__version__,
        "source of mheight": source.hexdigest()[:12],
        **{name: version(name) for name in _PACKAGES},
    }


def differences(there: dict[str, str], here: dict[str, str]) -> str:
    """What of two environments differs, for a message; empty if nothing does."""
    parts = [
        f"{name} {there.get(name, 'missing')} (here {value})"
        for name, value in here.items()
        if there.get(name) != value
    ]
    return ", ".join(parts)
