"""The HTTP service: heights, predictions, a page, metrics."""

from mheight.deployment.service.app import create_app
from mheight.deployment.service.server import run_server
from mheight.deployment.service.settings import ServiceSettings

__all__ = ["ServiceSettings", "create_app", "run_server"]
