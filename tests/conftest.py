from __future__ import annotations

from tiny import finished_run

__all__ = ["finished_run"]
