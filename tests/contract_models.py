"""Every network with every feature set it reads, small."""

from __future__ import annotations

import numpy as np

from mheight.models import RelationsConfig, ResidualConfig, SetsConfig

MODELS = {
    "residual": (ResidualConfig(capacity=0.02), "raw-p"),
    "residual, gram": (ResidualConfig(capacity=0.02), "gram"),
    "residual, minor-spectrum": (ResidualConfig(capacity=0.02), "minor-spectrum"),
    "residual, sets": (ResidualConfig(capacity=0.02, set_width=256, leading=126), "punctured"),
    "sets, circuits": (SetsConfig(width=8, pooled_width=8), "circuits"),
    "sets, punctured": (SetsConfig(width=8, pooled_width=8), "punctured"),
    "relations": (RelationsConfig(width=2, hidden=4, head=4), "minors"),
}


def whole(inputs):
    """All rows as one batch."""
    return next(iter(inputs.batches(np.arange(len(inputs)), len(inputs))))
