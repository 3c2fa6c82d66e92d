"""Keras on its JAX backend: import it from here, so that the backend is chosen first."""

from __future__ import annotations

import logging
import os
import sys

from mheight.errors import MheightError, install_advice

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if "keras" not in sys.modules:
    os.environ["KERAS_BACKEND"] = "jax"

try:
    import keras
except ModuleNotFoundError as error:
    raise MheightError(
        f"training needs the package {error.name}; {install_advice('train')}"
    ) from None

# Saving HDF5 beside the native format is on purpose; Keras need not warn of it.
logging.getLogger("absl").setLevel(logging.ERROR)

if keras.backend.backend() != "jax":
    raise MheightError(
        f"mheight runs Keras on JAX, but Keras was loaded with {keras.backend.backend()} first; "
        "set KERAS_BACKEND=jax"
    )

__all__ = ["keras"]
