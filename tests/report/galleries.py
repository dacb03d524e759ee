"""Galleries for tests of the page: a small real one, thousands of results, and hostile texts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image, ImageDraw

from runner.report.contents import (
    Axis,
    Charts,
    CostRow,
    Gallery,
    GalleryFile,
    GalleryJob,
    JobFailure,
    Reviewer,
    RunFacts,
)
from tests.media.clips import audio_bytes, video_bytes

STYLES = ("noir", "水墨", "watercolour")
SHOTS = ("wide", "close-up")
HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    "${{ vars.secret }} {{ 7 * 7 }} {% raw %}",
    "\u202eevil\u202c \u2066isolated\u2069 \u200f",
    "שלום עולם، مرحبا بالعالم",
    "👩‍👩‍👧‍👦 🏳️‍🌈 ✨",
    "x" * 5000,
    "'\"`--><!--]]>&amp;&#x3c;",
    "a\u2028b\u2029c\u0085d\u007f",
)
"""Texts that break pages which do not treat them as text."""


def fingerprint(number: int) -> str:
    """What a job's fingerprint looks like."""
    return f"{number:064x}".replace("0", "a", 1)


def job(number: int, **changes: Any) -> GalleryJob:
    """A succeeded job without files."""
    plain = GalleryJob(
        id=f"job-{number}",
        stack=f"job-{number}",
        operation="vidu/reference2image",
        makes="image",
        state="succeeded",
        prompt=f"A lantern in the fog, number {number}",
        model="viduq2",
        parameters={"aspect_ratio": "1:1", "images": ["refs/tea.png"]},
        axes={},
        seed=1000 + number,
        cost={"credits": 6},
        task=str(10**18 + number),
        fingerprint=fingerprint(number),
        attempts=1,
        submitted_s=1_796_117_000.0 + number,
        finished_s=1_796_117_004.5 + number,
    )
    return replace(plain, **changes)


def gallery(jobs: Sequence[GalleryJob], **changes: Any) -> Gallery:
    """A finished run of these jobs."""
    states = [each.state for each in jobs]
    names = ("succeeded", "failed", "ambiguous", "pending", "skipped")
    plain = Gallery(
        name="Spring cats",
        stem="spring",
        key="spring.results.yaml 20261130T092538Z",
        run=RunFacts(
            id="20261130T092538Z-98459d9b",
            tool="vidu-run 0.1.0",
            started="2026-11-30T09:25:37.721Z",
            finished="2026-11-30T09:25:43.953Z",
            exit=0,
        ),
        totals={
            "jobs": len(jobs),
            **{name: states.count(name) for name in names},
            "reused": 0,
            "credits": sum((each.cost or {}).get("credits", 0) for each in jobs),
            "cny": 0,
        },
        form="folder",
        axes=[Axis(name="style", values=STYLES), Axis(name="shot", values=SHOTS)],
        marks_file="spring.marks.yaml",
        jobs=jobs,
        charts=Charts(money='<svg viewBox="0 0 10 4" role="img" aria-label="6 credits"></svg>'),
        costs=[
            CostRow(
                by="operation", name="vidu/reference2image", jobs=6, succeeded=6, credits=36, cny=0
            ),
            CostRow(by="axis", axis="style", name="noir", jobs=2, succeeded=2, credits=12, cny=1.5),
        ],
    )
    return replace(plain, **changes)


def cost(**changes: Any) -> CostRow:
    """What two jobs cost together."""
    return CostRow(**{"jobs": 2, "succeeded": 2, "credits": 12, "cny": 1.5, **changes})


def picture(folder: Path, number: int, name: str | None = None) -> GalleryFile:
    """A picture of its own colour, written below `folder` with a thumbnail."""
    name = name or f"picture-{number}.webp"
    image = Image.new("RGB", (480, 360), (number * 53 % 256, number * 97 % 256, 120))
    ImageDraw.Draw(image).text((20, 20), str(number), fill="white")
    for where in ("outputs", "thumbs"):
        path = folder / where / name
        path.parent.mkdir(exist_ok=True)
        image.save(path, "WEBP", quality=75, method=0)
    return GalleryFile(
        kind="image",
        name=name,
        bytes=(folder / "outputs" / name).stat().st_size,
        src=f"outputs/{quote(name)}",
        thumb=f"thumbs/{quote(name)}",
        width=480,
        height=360,
    )


def clip(folder: Path, number: int) -> GalleryFile:
    """A film of one second."""
    name = f"clip-{number}.mp4"
    picture(folder, number, f"clip-{number}.webp")
    content = video_bytes(codec="libx264", size=(320, 240))
    (folder / "outputs" / name).write_bytes(content)
    return GalleryFile(
        kind="video",
        name=name,
        bytes=1000,
        src=f"outputs/{name}",
        thumb=f"thumbs/clip-{number}.webp",
        width=320,
        height=240,
        seconds=1.0,
        frames_per_second=24.0,
        has_sound=False,
    )


def small(folder: Path) -> Gallery:
    """Three styles in two shots, takes, a film, a sound, a failed job, and two reviewers."""
    grid = [
        job(
            3 * row + column,
            id=f"{('noir', 'ink', 'paper')[column]}-{SHOTS[row]}",
            stack=f"{('noir', 'ink', 'paper')[column]}-{SHOTS[row]}",
            axes={"style": STYLES[column], "shot": SHOTS[row]},
            tags=["hero"] if row == 0 else [],
            files=[picture(folder, 3 * row + column)],
        )
        for row in range(2)
        for column in range(3)
    ]
    takes = [
        job(
            number,
            id=f"look.{number - 5}",
            stack="look",
            take=number - 5,
            prompt=f"A cat in the {word} rain",
            files=[picture(folder, number)],
            used_by=["film"] if number == 6 else [],
        )
        for number, word in ((6, "warm"), (7, "warm"), (8, "cold"))
    ]
    others = [
        job(
            9, id="film", stack="film", makes="video", made_from=["look.1"], files=[clip(folder, 9)]
        ),
        job(10, id="film-b", stack="film-b", makes="video", files=[clip(folder, 10)]),
        job(11, id="sound", stack="sound", makes="audio", files=[sound(folder)]),
        job(
            12,
            id="broken",
            stack="broken",
            state="failed",
            cost=None,
            failure=JobFailure(
                code="CreationPolicyViolation",
                message="the prompt is not allowed",
                class_="policy",
                billed="no",
                advice="change the prompt",
            ),
        ),
        job(13, id="later", stack="later", state="pending", cost=None, estimate={"credits": 6}),
    ]
    return gallery([*grid, *takes, *others])


def sound(folder: Path) -> GalleryFile:
    """A sound of one second."""
    (folder / "outputs" / "song.wav").write_bytes(audio_bytes())
    peaks = [abs(n % 20 - 10) * 10 for n in range(60)]
    return GalleryFile(
        kind="audio",
        name="song.wav",
        src="outputs/song.wav",
        bytes=48_000,
        seconds=1.0,
        peaks=peaks,
    )


def many(folder: Path, count: int, *, pictures: int = 40) -> Gallery:
    """So many results, each with a thumbnail of another address."""
    made = [picture(folder, number) for number in range(pictures)]
    jobs = []
    for number in range(count):
        name = f"many-{number}.webp"
        os.link(folder / "thumbs" / made[number % pictures].name, folder / "thumbs" / name)
        file = replace(
            made[number % pictures], name=name, thumb=f"thumbs/{name}", src=f"thumbs/{name}"
        )
        axes = {"style": STYLES[number % 3], "shot": SHOTS[number % 2]}
        tags = ["hero"] if number % 7 == 0 else ["night"]
        jobs.append(job(number, files=[file], axes=axes, tags=tags, prompt=_prompt(number)))
    return gallery(jobs, key=f"many {count}")


def _prompt(number: int) -> str:
    words = ("lantern", "harbour", "fog", "桂花乌龙", "rain", "window", "courier", "night market")
    return " ".join(words[(number * step) % len(words)] for step in range(1, 40))


def films(folder: Path, count: int) -> Gallery:
    """So many films, each a file of its own."""
    first = clip(folder, 0)
    jobs = []
    for number in range(count):
        name = f"film-{number}.mp4"
        os.link(folder / "outputs" / first.name, folder / "outputs" / name)
        jobs.append(
            job(number, makes="video", files=[replace(first, name=name, src=f"outputs/{name}")])
        )
    return gallery(jobs, key=f"films {count}")


LONG = ("w" * 2000, "漢" * 2000, "a_" * 1000, "\u202e" + "r" * 2000)
"""Texts without a blank at which a line could end."""


def hostile(folder: Path) -> Gallery:
    """Every text that comes from elsewhere is one of `HOSTILE`, names cut to 60 characters."""
    return _of_texts(folder, HOSTILE, names=60)


def endless(folder: Path) -> Gallery:
    """Every text that comes from elsewhere, also each name, is one of `LONG`."""
    return _of_texts(folder, LONG, names=2001)


def _of_texts(folder: Path, texts: Sequence[str], *, names: int) -> Gallery:
    jobs = []
    for number, text in enumerate(texts):
        short = text[:names]
        failure = JobFailure(code=short, message=text, class_=short, billed=short, advice=text)
        jobs.append(
            job(
                number,
                id=f"{number}{short}",
                stack=f"{number}{short}",
                prompt=text,
                model=short,
                operation=short,
                parameters={short: text, "list": [text]},
                tags=[short],
                axes={"style": short},
                task=text,
                labels=[short],
                warnings=[{"code": short, "message": text}],
                failure=failure,
                files=[picture(folder, number, f"a#b?c%20d {number}.webp")],
            )
        )
    first = texts[0]
    axis = Axis(name="style", values=[text[:names] for text in texts])
    marks = {each.id: {"fingerprint": each.fingerprint, "note": each.prompt} for each in jobs}
    reviewers = [Reviewer(name=text, marks=marks) for text in texts[:2]]
    changes = {
        "axes": [axis],
        "costs": [cost(by="axis", axis=first, name=first)],
        "reviewers": reviewers,
        "notes": texts,
    }
    return gallery(jobs, name=first, stem=first, key=first, **changes)
