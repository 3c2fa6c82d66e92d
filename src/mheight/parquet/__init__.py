"""Parquet files, looked through before Arrow reads any of them."""

from mheight.parquet.reader import ParquetReader

__all__ = ["ParquetReader"]
