"""The gallery of 2,000 pictures: what making it takes the first time, again, and as one file."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image, ImageChops

from bench import browsing
from bench.processes import MIB, Usage, run
from bench.tables import Table, number
from runner.results import write

PICTURES = 2_000
SIZE = (1920, 1080)
MAX_COLD_S = 15.0
"""Of 2,000 pictures on eight cores."""
MAX_WARM_S = 1.5
MAX_MEMORY_MB = 300
MAX_EMBEDDED_MB = 30
CORES = 8

_COMMAND = [sys.executable, "-m", "runner", "report", "large.yaml", "--progress", "none"]
_MANIFEST = """version: 1
name: a large one
jobs:
  - id: look-${{ matrix.style }}-${{ matrix.place }}
    operation: vidu/reference2image
    matrix: {style: [a, b, c, d], place: [e, f, g, h, i]}
    prompt: ${{ matrix.style }} in ${{ matrix.place }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the forms of one gallery took."""

    cold: Usage
    warm: Sequence[Usage]
    embedded: Sequence[Usage]
    size_mb: float
    """Of the one file."""


def measure(*, quick: bool = False) -> list[Table]:
    """Whole processes, then the page; `quick` shows a twentieth of the pictures, once."""
    pictures, turns = (PICTURES // 20, 1) if quick else (PICTURES, 3)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write_project(folder, pictures)
        cold = run(_COMMAND, cwd=folder)
        warm = [run(_COMMAND, cwd=folder) for _ in range(turns)]
        embedded = [run([*_COMMAND, "--embed", "large.html"], cwd=folder) for _ in range(turns)]
        size_mb = (folder / "large.html").stat().st_size / MIB
    made = Made(cold=cold, warm=warm, embedded=embedded, size_mb=size_mb)
    return [_table(made, pictures), *browsing.tables(quick=quick)]


def _table(made: Made, pictures: int) -> Table:
    # What does not run in parallel is all that a gallery takes whose thumbnails are there.
    serial = median(each.cpu_s for each in made.warm)
    eight = serial + (made.cold.cpu_s - serial) / CORES
    peak_mb, size_mb = made.cold.peak_mb, made.size_mb
    notes = (
        f"{pictures:,} different PNGs of {SIZE[0]}x{SIZE[1]}, {_picture_mb():.1f} MB each."
        + (f" The first row once, medians of {len(made.warm)}." if len(made.warm) > 1 else ""),
        f"Spread over {CORES} cores, the CPU time of the first row is {eight:.1f} s"
        + _reached(eight, MAX_COLD_S, pictures),
        f"that of the second is {serial:.2f} s" + _reached(serial, MAX_WARM_S, pictures),
        f"the first takes {peak_mb:.0f} MB" + _reached(peak_mb, MAX_MEMORY_MB, pictures),
        f"the one file has {size_mb:.1f} MB" + _reached(size_mb, MAX_EMBEDDED_MB, pictures),
    )
    return Table(
        name="gallery",
        title=f"The gallery of {pictures:,} pictures",
        command="python -m bench gallery",
        columns=("", "s", "CPU s", "peak MB"),
        rows=(
            _row("in place, nothing made yet", [made.cold]),
            _row("in place, thumbnails there", made.warm),
            _row("one file, thumbnails there", made.embedded),
        ),
        notes=(notes[0], f"{'; '.join(notes[1:])}."),
    )


def _row(what: str, usages: Sequence[Usage]) -> tuple[str, ...]:
    return (
        what,
        number(median(each.wall_s for each in usages)),
        number(median(each.cpu_s for each in usages)),
        number(median(each.peak_mb for each in usages), 0),
    )


def _reached(value: float, target: float, pictures: int) -> str:
    """Whether a target is reached, which is one for `PICTURES` pictures."""
    if pictures != PICTURES:
        return ""
    return f" (<= {target:g}: {'yes' if value <= target else 'NO'})"


def write_project(folder: Path, pictures: int) -> None:
    """A manifest with its results and their files, as a run has left them a while ago."""
    files = folder / "outputs/large"
    files.mkdir(parents=True)
    (folder / ".vidu-run").mkdir()
    (folder / "large.yaml").write_text(_MANIFEST, encoding="utf-8")
    picture = _picture()
    rows = []
    for index in range(pictures):
        id_ = f"look-{'abcd'[index % 4]}-{'efghi'[index // 4 % 5]}.{index // 20 + 1}"
        # Behind a picture's end anything may stand: the same pixels under another digest.
        content = picture + index.to_bytes(4, "big")
        path = files / f"{id_}.png"
        path.write_bytes(content)
        # Long enough ago for the cache of digests, see `hashing.SETTLED_NS`.
        os.utime(path, (1_772_359_200, 1_772_359_200))
        rows.append(_result(id_, index, content))
    head = {
        "version": 1,
        "manifest": {"path": "large.yaml", "sha256": "0" * 64},
        "run": {
            "id": "20260301T100000Z-00000000",
            "tool": "vidu-run 0.1.0",
            "started_at": "2026-03-01T10:00:00.000Z",
            "finished_at": "2026-03-01T12:00:00.000Z",
            "exit_code": 0,
        },
        "totals": _totals(pictures),
    }
    text = "".join(write._yaml(head, rows, []))
    (folder / "large.results.yaml").write_text(text, encoding="utf-8")


def _picture_mb() -> float:
    return len(_picture()) / MIB


@functools.cache
def _picture() -> bytes:
    """A PNG with as much in it as a photograph has."""
    large = Image.effect_noise((SIZE[0] // 50, SIZE[1] // 50), 60).convert("RGB")
    grain = Image.effect_noise(SIZE, 2).convert("RGB")
    picture = ImageChops.add(
        large.resize(SIZE, Image.Resampling.BICUBIC), grain, scale=1, offset=-128
    )
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _totals(pictures: int) -> dict[str, int]:
    nothing = dict.fromkeys(("failed", "ambiguous", "pending", "skipped", "reused", "cny"), 0)
    return {"jobs": pictures, "succeeded": pictures, **nothing, "credits": 6 * pictures}


def _result(id_: str, index: int, content: bytes) -> dict[str, object]:
    style, place = id_[5], id_[7]
    return {
        "id": id_,
        "operation": "vidu/reference2image",
        "state": "succeeded",
        "reason": None,
        "prompt": f"{style} in {place}, 一只可爱的小猫坐在窗台上,阳光洒在它的身上, 35mm film",
        "model": "viduq2",
        "parameters": {"aspect_ratio": "16:9"},
        "tags": ["hero"] if index % 7 == 0 else [],
        "axes": {"matrix": {"style": style, "place": place}, "take": index // 20 + 1},
        "task_id": str(10**17 + index),
        "seed": index + 1,
        "credits": 6,
        "cost": {"estimated": {"credits": 6}, "actual": {"credits": 6}, "at_risk": None},
        "usage": {},
        "urls": [f"https://cdn.example/{index}.png?Signature=abc"],
        "files": [
            {
                "path": f"outputs/large/{id_}.png",
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
                "media_type": "image/png",
            }
        ],
        "fingerprint": f"{index:064x}",
        "reused": False,
        "attempts": 1,
        "submitted_at": f"2026-03-01T{10 + index // 1200:02}:{index // 20 % 60:02}:00.000Z",
        "finished_at": f"2026-03-01T{10 + index // 1200:02}:{index // 20 % 60:02}:20.000Z",
        "error": None,
    }
