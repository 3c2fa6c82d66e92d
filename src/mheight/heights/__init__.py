"""Exact heights of linear codes, with certificates and bounds, and what they mean."""

from mheight.heights.bounds import Bound, best_lower_bound, lower_bounds
from mheight.heights.capability import (
    Capability,
    capability_table,
    largest_capability,
    threshold_ratio,
)
from mheight.heights.certificate import Certificate, verify
from mheight.heights.choosing import predicted_seconds
from mheight.heights.claims import Verdict, judge
from mheight.heights.distance import minimum_distance
from mheight.heights.doubts import Doubt, DoubtKind, Profiles
from mheight.heights.exact import exact_certificates, exact_profile
from mheight.heights.finding import certificates, find_height
from mheight.heights.gradient import height_gradient
from mheight.heights.profile import height_profile, m_height, profile_with_doubts
from mheight.heights.solution import Solution

__all__ = [
    "Bound",
    "Capability",
    "Certificate",
    "Doubt",
    "DoubtKind",
    "Profiles",
    "Solution",
    "Verdict",
    "best_lower_bound",
    "capability_table",
    "certificates",
    "exact_certificates",
    "exact_profile",
    "find_height",
    "height_gradient",
    "height_profile",
    "judge",
    "largest_capability",
    "lower_bounds",
    "m_height",
    "minimum_distance",
    "predicted_seconds",
    "profile_with_doubts",
    "threshold_ratio",
    "verify",
]
