"""What heights are for: finding outlying entries of analog products, with a promise."""

from __future__ import annotations

from mheight.protection.analog_array import AnalogArray, ArrayConfig, NoiseBound
from mheight.protection.choosing import Choice, choose, repeated_columns
from mheight.protection.circuits import Circuits, circuits
from mheight.protection.decoding import VERDICTS, Decoded, Decoder
from mheight.protection.encoding import Encoder, systematic
from mheight.protection.fitting import nearest_codeword
from mheight.protection.long_decoding import LongDecoder, decoder_for
from mheight.protection.product import Multiplier, Product, ProtectedProduct, Statistics

__all__ = [
    "VERDICTS",
    "AnalogArray",
    "ArrayConfig",
    "Choice",
    "Circuits",
    "Decoded",
    "Decoder",
    "Encoder",
    "LongDecoder",
    "Multiplier",
    "NoiseBound",
    "Product",
    "ProtectedProduct",
    "Statistics",
    "choose",
    "circuits",
    "decoder_for",
    "nearest_codeword",
    "repeated_columns",
    "systematic",
]
