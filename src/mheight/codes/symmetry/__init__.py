"""Moves that leave all heights as they are, and fingerprints that such moves do not change."""
