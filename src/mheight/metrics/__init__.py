"""How predictions are scored."""

from mheight.metrics.log2_mse import Scores, score

__all__ = ["Scores", "score"]
