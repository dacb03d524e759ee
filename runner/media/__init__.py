"""Images and videos in and out: what they are, whether they are accepted, how they travel."""

from runner.media.encoding import data_uri, data_uri_length
from runner.media.endings import is_cut
from runner.media.kinds import EXTENSIONS, sniff, spoken
from runner.media.limits import check
from runner.media.probing import probe
from runner.media.sources import MediaError, classify, label, looks_signed

__all__ = [
    "EXTENSIONS",
    "MediaError",
    "check",
    "classify",
    "data_uri",
    "data_uri_length",
    "is_cut",
    "label",
    "looks_signed",
    "probe",
    "sniff",
    "spoken",
]
