"""The catalogue of good codes."""
