"""Constructions of codes, each by name: exact matrices, closed forms where they are known.

`CONSTRUCTIONS` maps the name in a chain to the function; `make` runs one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mheight.catalogue.constructions.checks import (
    disjunct_checks,
    net_checks,
    repetition_sum,
    single_parity,
    vandermonde,
)
from mheight.catalogue.constructions.frames import conference, difference_set
from mheight.catalogue.constructions.graphs import cut_space, cycle_space, graph, r10
from mheight.catalogue.constructions.solids import roots, solid
from mheight.catalogue.constructions.waves import (
    abelian,
    cyclic,
    negacyclic,
    polygon,
    polygon_dual,
)
from mheight.catalogue.exact_code import ExactCode
from mheight.errors import InvalidDataError

__all__ = [
    "CONSTRUCTIONS",
    "abelian",
    "conference",
    "cut_space",
    "cycle_space",
    "cyclic",
    "difference_set",
    "disjunct_checks",
    "graph",
    "make",
    "negacyclic",
    "net_checks",
    "polygon",
    "polygon_dual",
    "r10",
    "repetition_sum",
    "roots",
    "single_parity",
    "solid",
    "vandermonde",
]

CONSTRUCTIONS: dict[str, Callable[..., ExactCode]] = {
    "abelian": abelian,
    "conference": conference,
    "cut_space": cut_space,
    "cycle_space": cycle_space,
    "difference_set": difference_set,
    "disjunct_checks": disjunct_checks,
    "polygon": polygon,
    "polygon_dual": polygon_dual,
    "r10": r10,
    "repetition_sum": repetition_sum,
    "roots": roots,
    "single_parity": single_parity,
    "solid": solid,
    "vandermonde": vandermonde,
}
"""Constructions by the names that chains have for them."""


def make(name: str, arguments: Mapping[str, Any]) -> ExactCode:
    """Run a construction by name.

    Raises:
        InvalidDataError: no such construction, or arguments that it does not take.

    Examples:
        >>> make("polygon", {"n": 5})
        ExactCode([5, 2])
    """
    if name not in CONSTRUCTIONS:
        raise InvalidDataError(f"there is no construction {name!r}")
    try:
        return CONSTRUCTIONS[name](**arguments)
    except TypeError:
        raise InvalidDataError(
            f"the construction {name} does not take the arguments {sorted(arguments)}"
        ) from None
