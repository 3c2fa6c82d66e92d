"""The workers of a cluster as the crew of one long search (`mheight.heights.programs.shared`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mheight.jobs.cluster import Cluster
from mheight.jobs.naming import Shard
from mheight.jobs.places import Task

__all__ = ["ClusterCrew"]


class ClusterCrew:
    """Pieces of a search, done by a cluster.

    Args:
        cluster: entered.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def room(self) -> int:
        """How many pieces of work may be under way at once."""
        return self._cluster.room()

    def submit(self, name: int, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Have a piece of work done."""
        shard = Shard(name, str(name))
        self._cluster.submit(Task(shard, work, arguments, "a part of the search"))

    def take(self) -> tuple[int, Any] | None:
        """The next piece that is done, with its result; None if none is after a moment."""
        done = self._cluster.take()
        return None if done is None else (done[0].shard.number, done[1])

    def forget(self, name: int) -> None:
        """A piece is not needed any more."""
        self._cluster.forget(str(name))
