"""Media: identifies images and videos, checks them against limits, encodes them for requests."""

from runner.media.limits import check_limits
from runner.media.probe import probe
from runner.media.sources import (
    MediaError,
    data_uri,
    data_uri_length,
    label,
    signed_url_warning,
)
from runner.media.types import EXTENSIONS, describe_type, is_truncated, sniff

__all__ = [
    "EXTENSIONS",
    "MediaError",
    "check_limits",
    "data_uri",
    "data_uri_length",
    "describe_type",
    "is_truncated",
    "label",
    "probe",
    "signed_url_warning",
    "sniff",
]
