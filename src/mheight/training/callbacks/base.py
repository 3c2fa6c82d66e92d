"""What the callbacks share: state that survives an interruption, and fail-closed monitoring."""

from __future__ import annotations

from typing import Any

from mheight.errors import MheightError

__all__ = ["ResumableMixin", "monitored"]


def monitored(logs: dict[str, Any] | None, name: str) -> float:
    """A metric of the epoch.

    Raises:
        MheightError: it is not there; nothing is monitored by guesswork.
    """
    if not logs or name not in logs:
        raise MheightError(f"the metric {name!r} is monitored but was not computed")
    return float(logs[name])


class ResumableMixin:
    """A Keras callback whose named attributes go into the checkpoint.

    Keras's own callbacks reset themselves in `on_train_begin`; the restored values are
    put back right after that.
    """

    STATE: tuple[str, ...] = ()
    _restored: dict[str, Any] | None = None

    def state(self) -> dict[str, Any]:
        """Attributes to keep, as plain values."""
        return {name: getattr(self, name) for name in self.STATE}

    def restore(self, state: dict[str, Any]) -> None:
        """Put attributes back, now and again when training begins."""
        self._restored = dict(state)
        self._put_back()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Reset as the parent class does, then put restored values back."""
        super().on_train_begin(logs)  # type: ignore[misc]
        self._put_back()

    def _put_back(self) -> None:
        for name, value in (self._restored or {}).items():
            setattr(self, name, value)
