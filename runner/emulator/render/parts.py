"""Parts: which part of a video is seen at a moment, and the caption that names it."""

from __future__ import annotations

from itertools import accumulate

from runner.emulator.state.tasks import Order
from runner.emulator.tables import pixels_of


def is_of_video(order: Order) -> bool:
    """Whether the result goes on with the frames of a video, or repeats them."""
    # With a ratio of its own, it only refers to its videos.
    return bool(order.videos) and not order.aspect_ratio


_FILMS = frozenset(
    {"one-click/mv", "one-click/general_one_click", "ad-one-click", "trending-replicate"}
)


def is_cut(order: Order) -> bool:
    """Whether the result shows its images one after another, as the shots of a film."""
    return order.operation in _FILMS and bool(order.images)


def shot_at(order: Order, progress: float) -> int:
    """The shot of a film that is seen then, from 0."""
    count = len(order.images)
    return min(int(progress * count), count - 1)


def is_upscaled(order: Order) -> bool:
    """Whether the result is a video with more pixels, and nothing else."""
    return "upscale_resolution" in order.details


def is_extended(order: Order) -> bool:
    """Whether the result is a video and what follows it."""
    return is_of_video(order) and "duration" in order.details


def has_card(order: Order) -> bool:
    """Whether a card of its own is shown: an upscaled video keeps that of its source."""
    return not is_upscaled(order)


def painted_size(order: Order) -> tuple[int, int]:
    """The pixels of the pictures that a video is encoded from.

    An upscaled one has those of its source: the encoder enlarges them much faster.
    """
    video = order.videos[-1] if is_of_video(order) else None
    if video is None or has_card(order) or not video.width:
        return pixels_of(order)
    return video.width, video.height


def original_s(order: Order) -> int:
    """How long the video is seen that the result is made of; seconds."""
    added_s: int = order.details.get("duration", 0)
    return order.duration_s - added_s


def stops_of(order: Order) -> list[float]:
    """The progress, from 0 to 1, at which each image of a video from images is seen."""
    segments = order.details.get("image_settings")
    if segments:
        ends = accumulate(segment["duration"] for segment in segments)
        return [0.0, *(end / order.duration_s for end in ends)]
    count = len(order.images)
    return [number / max(1, count - 1) for number in range(count)]


def caption_of(order: Order, progress: float) -> str:
    """What is written above the part that is seen then; empty for a video in one part."""
    segments = order.details.get("image_settings")
    if segments:
        ends = stops_of(order)[1:]
        number = next((n for n, end in enumerate(ends) if progress < end), len(ends) - 1)
        prompt = segments[number]["prompt"]
        return f"segment {number + 1} of {len(segments)}" + (f": {prompt}" if prompt else "")
    if is_cut(order):
        return f"shot {shot_at(order, progress) + 1} of {len(order.images)}"
    if not is_of_video(order):
        return ""
    if order.operation == "lip-sync":
        return _spoken(order)
    if is_extended(order):
        whole_s = original_s(order)
        is_original = progress * order.duration_s < whole_s
        added_s = order.duration_s - whole_s
        return f"the video, {whole_s} s" if is_original else f"its extension, {added_s} s"
    if not is_upscaled(order):
        return ""
    video, (width, height) = order.videos[-1], pixels_of(order)
    source = f" from {video.width}x{video.height}" if video.width else ""
    return f"upscaled{source} to {width}x{height}"


def _spoken(order: Order) -> str:
    if not order.sounds:
        return "lips follow the text"
    seconds = order.sounds[-1].seconds
    return f"lips follow a sound of {seconds:.1f} s" if seconds else "lips follow a sound"
