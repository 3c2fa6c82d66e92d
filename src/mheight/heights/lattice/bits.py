"""Sets of columns as bits of an integer, for Numba kernels."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from mheight.kernels.compiling import kernel, kernel_function

__all__ = ["count_bits", "lowest_position", "next_of_same_size", "with_gap"]


@kernel_function(lambda mask: int(mask).bit_count())
def count_bits(typing_context: Any, mask: Any) -> Any:
    """Size of a set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.int64), generate


@kernel_function(lambda mask: (int(mask) & -int(mask)).bit_length() - 1)
def lowest_position(typing_context: Any, mask: Any) -> Any:
    """Least element of a set that is not empty."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


@kernel(inline="always")
def next_of_same_size(mask):  # type: ignore[no-untyped-def]
    """The next larger number with as many bits (Gosper).

    Args:
        mask: a set that is not empty.
    """
    low = mask & -mask
    ripple = mask + low
    return ripple | (((mask ^ ripple) >> 2) >> lowest_position(low))


@kernel(inline="always")
def with_gap(mask, position):  # type: ignore[no-untyped-def]
    """The set with every element from `position` on moved up by one.

    Args:
        mask: the set.
        position: the element that the result lacks.
    """
    low = mask & ((1 << position) - 1)
    return low | ((mask ^ low) << 1)
