"""Exact heights of linear codes."""

from mheight.heights.profile import height_profile, m_height

__all__ = ["height_profile", "m_height"]
