"""Images and videos in and out: what they are, whether they are accepted, how they travel."""

from runner.media.limits import check_limits
from runner.media.probe import probe
from runner.media.sources import (
    MediaError,
    classify,
    data_uri,
    data_uri_length,
    label,
    looks_signed,
)
from runner.media.types import EXTENSIONS, described, is_cut, sniff

__all__ = [
    "EXTENSIONS",
    "MediaError",
    "check_limits",
    "classify",
    "data_uri",
    "data_uri_length",
    "described",
    "is_cut",
    "label",
    "looks_signed",
    "probe",
    "sniff",
]
