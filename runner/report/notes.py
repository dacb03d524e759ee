"""Notes: sentences in the head of a gallery about what it cannot show, in the page's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from runner.errors import plural
from runner.media.streams import EXTRA_HINT
from runner.report.files import ResultFile
from runner.report.thumbnails import MediaFacts

_TEXTS = {
    "missing": (
        "{files} missing: `vidu-run fetch` fetches what is paid for at no cost",
        "缺少 {count} 个文件:`vidu-run fetch` 可免费取回已付费的结果",
    ),
    "pointer": (
        "{files} not fetched from Git LFS: run `git lfs pull`",
        "{count} 个文件尚未从 Git LFS 取回:请运行 `git lfs pull`",
    ),
    "changed": (
        "{files} changed since the run: what is shown is what is there now",
        "{count} 个文件在运行之后被改动过:显示的是现在的内容",
    ),
    "outside": (
        "{files} not shown: the path leads out of the folder of results (see --outputs)",
        "{count} 个文件未显示:路径指向结果文件夹之外(可用 --outputs 指定文件夹)",
    ),
    "unreadable": (
        "{files} damaged, or neither picture, video nor sound",
        "{count} 个文件已损坏,或不是图片、视频、音频",
    ),
    "large": (
        "{files} too large for a thumbnail: over 50 megapixels",
        "{count} 个文件超过 5000 万像素,没有缩略图",
    ),
    "no_pyav": (
        "{files} without a preview: videos and sounds need PyAV, " + EXTRA_HINT,
        "{count} 个视频或音频没有预览:需要 PyAV," + EXTRA_HINT,
    ),
}
"""By the reason, in English and in Chinese; in the order in which they are listed."""


def make_notes(
    files: Iterable[tuple[ResultFile, MediaFacts | None]], *, lang: str | None
) -> list[str]:
    """A note for each reason why something cannot be shown."""
    counts = Counter(why for file, facts in files if (why := _reason(file, facts)))
    return [
        (chinese if lang == "zh" else english).format(
            count=counts[why], files=f"{plural(counts[why], 'file')} {_be(counts[why])}"
        )
        for why, (english, chinese) in _TEXTS.items()
        if counts[why]
    ]


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _reason(file: ResultFile, facts: MediaFacts | None) -> str | None:
    if file.is_pointer:
        return "pointer"
    if file.gone is not None and file.gone != "changed":
        return file.gone
    return (facts.problem if facts else None) or file.gone
