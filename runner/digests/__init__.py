"""A local file in, the digest of its content out; read only where nothing remembers it."""

from runner.digests.marks import Marks
from runner.digests.memory import Known, Store, backed_by
from runner.digests.reading import digest_of
from runner.digests.sights import Sight

__all__ = ["Known", "Marks", "Sight", "Store", "backed_by", "digest_of"]
