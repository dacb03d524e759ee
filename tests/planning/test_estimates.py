"""Prices and times come from the tables; what no table has is unknown."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.ledger.records import PastTask
from runner.model.jobs import JobMedia, Media
from runner.model.operations import Amount, MediaLimits, Operation
from runner.model.tables import read_tables, read_time_limits
from runner.model.values import Deferred, JobOutput
from runner.operations import load_operations
from runner.planning.estimates import estimate, expected_s, kind_of, learn, time_limit_s

OPERATIONS = load_operations()
IMAGE = OPERATIONS["vidu/reference2image"]
VIDEO = OPERATIONS["modelverse/reference2video"]
FRAME = OPERATIONS["vidu/img2video"]
LATER = Deferred(parts=(JobOutput(job="a", attribute="output"),))


def price_of_image(**parameters: Any) -> Amount | None:
    return estimate(IMAGE, {"prompt": "x", **parameters})


@pytest.mark.parametrize(
    ("model", "images", "resolution", "credits_"),
    [
        ("viduq2", 0, "1080p", 6),
        ("viduq2", 0, "4K", 10),
        ("viduq2", 1, "1080p", 8),
        ("viduq2", 3, "2K", 12),
        ("viduq2", 4, "1080p", 10),
        ("viduq2", 7, "4K", 30),
        ("viduq1", 1, "1080p", 20),
    ],
)
def test_an_image_costs_by_model_references_and_resolution(
    model: str, images: int, resolution: str, credits_: int
) -> None:
    found = price_of_image(model=model, images=["a.png"] * images, resolution=resolution)
    assert found == Amount(unit="credits", value=Decimal(credits_))


def test_an_absent_parameter_counts_as_its_documented_default() -> None:
    assert price_of_image(model="viduq2") == Amount(unit="credits", value=Decimal(6))
    found = estimate(VIDEO, {"model": "viduq2", "images": ["a"]})
    assert found == Amount(unit="cny", value=Decimal("1.41"))


def test_an_image_of_another_job_counts_as_one() -> None:
    found = price_of_image(model="viduq2", images=[LATER])
    assert found == Amount(unit="credits", value=Decimal(8))


@pytest.mark.parametrize(
    "parameters",
    [
        {"model": "viduq3"},
        {"model": "viduq2", "resolution": "8K"},
        {"model": "viduq2", "resolution": LATER},
        {"model": "viduq2", "images": ["a"] * 8},
        {"model": "viduq1"},
        {},
    ],
)
def test_a_price_that_is_not_in_the_table_is_unknown_not_zero(parameters: dict[str, Any]) -> None:
    assert price_of_image(**parameters) is None


def test_a_price_is_an_exact_decimal() -> None:
    found = estimate(VIDEO, {"model": "viduq2", "duration": 10, "resolution": "1080p"})
    assert found == Amount(unit="cny", value=Decimal("5.78"))


def tabled(*tables: Mapping[str, Any]) -> Operation:
    """An operation with these price tables."""
    return replace(FRAME, price=read_tables([{"unit": "credits", **table} for table in tables]))


def price(operation: Operation, **parameters: Any) -> Decimal | None:
    found = estimate(operation, {"model": "viduq2-pro", **parameters})
    return found.value if found else None


BY_MODEL = {"by": ["model"], "rows": [["viduq2-pro", 15]]}


def test_a_value_per_second_is_multiplied_by_the_duration() -> None:
    by_second = tabled({**BY_MODEL, "per": "duration"})
    assert price(by_second, duration=3) == 45
    assert price(by_second) == 75  # the documented default is 5 s
    assert price(by_second, duration=LATER) is None


def test_changes_are_made_in_their_order() -> None:
    sound = {"if": {"audio": True}, "add": 10}
    half = {"if": {"off_peak": True}, "times": 0.5}
    both = {"audio": True, "off_peak": True}
    assert price(tabled({**BY_MODEL, "changes": [sound, half]}), **both) == 13  # 12.5
    assert price(tabled({**BY_MODEL, "changes": [half, sound]}), **both) == 18
    assert price(tabled({**BY_MODEL, "changes": [sound, half]})) == 15


def test_a_change_with_an_unknown_condition_leaves_the_price_unknown() -> None:
    change = {"if": {"voice_id": "x"}, "add": 10}
    assert price(tabled({**BY_MODEL, "changes": [change]})) is None


def test_the_first_table_with_a_row_for_the_request_counts() -> None:
    other = {"by": ["model"], "rows": [["viduq1", 1]]}
    twice = {"by": ["model"], "rows": [["viduq2-pro", 30]]}
    assert price(tabled(other, BY_MODEL, twice)) == 15
    assert price(tabled(other)) is None


def test_a_cell_may_be_true_or_false() -> None:
    quiet = tabled({"by": ["audio"], "rows": [[False, 1], [True, 2]]})
    assert price(quiet) == 1
    assert price(quiet, audio=True) == 2


def test_what_changes_a_price_makes_kinds_of_their_own() -> None:
    kinds = [
        kind_of(FRAME, {"model": "viduq3-pro", **more})
        for more in ({}, {"duration": 6}, {"off_peak": True}, {"is_rec": True})
    ]
    assert len(set(kinds)) == 4
    assert kinds[0] == kind_of(FRAME, {"model": "viduq3-pro", "duration": 5, "prompt": "a"})


def test_a_long_video_without_a_resolution_has_no_documented_price() -> None:
    assert estimate(VIDEO, {"model": "viduq2", "duration": 9}) is None


def test_the_time_of_a_video_is_in_the_vendor_s_table() -> None:
    assert expected_s(VIDEO, {"model": "viduq2"}) == 28.7
    assert expected_s(VIDEO, {"model": "viduq2", "duration": 10, "resolution": "540p"}) == 43.0
    assert expected_s(VIDEO, {"model": "viduq2", "duration": 11, "resolution": "540p"}) is None


def test_the_time_of_an_image_is_unknown() -> None:
    assert expected_s(IMAGE, {"model": "viduq2"}) is None
    assert estimate(IMAGE, {"model": "viduq2"}) == estimate(IMAGE, {"model": "viduq2"})


def past(price: int | None, time_s: float | None = None, **request: Any) -> PastTask:
    amount = None if price is None else Amount(unit="credits", value=Decimal(price))
    return PastTask(request={"model": "viduq2", **request}, price=amount, time_s=time_s)


def images(count: int) -> list[Mapping[str, str]]:
    return [{"sha256": "ab"}] * count


def test_requests_of_one_price_are_of_one_kind() -> None:
    plain = kind_of(IMAGE, {"model": "viduq2", "prompt": "a", "seed": 7})
    assert plain == kind_of(IMAGE, {"model": "viduq2", "prompt": "b", "resolution": "1080p"})
    assert plain == kind_of(IMAGE, {"model": "viduq2", "images": []})
    assert plain != kind_of(IMAGE, {"model": "viduq2", "resolution": "2K"})
    assert plain != kind_of(IMAGE, {"model": "viduq2", "images": images(1)})
    assert plain != kind_of(VIDEO, {"model": "viduq2"})


def test_numbers_in_one_range_of_a_table_are_of_one_kind() -> None:
    kinds = [kind_of(IMAGE, {"model": "viduq2", "images": images(n)}) for n in range(10)]
    assert len(set(kinds)) == 5  # none, 1-3, 4-7, and 8 and 9, which no table has
    assert kinds[1] == kinds[3] == kind_of(IMAGE, {"model": "viduq2", "images": images(2)})


def test_videos_differ_by_model_seconds_and_resolution() -> None:
    assert kind_of(VIDEO, {"model": "viduq2"}) == kind_of(VIDEO, {"model": "viduq2", "duration": 5})
    assert kind_of(VIDEO, {"model": "viduq2", "duration": 9}) != kind_of(
        VIDEO, {"model": "viduq2", "duration": 9, "resolution": "720p"}
    )


def test_without_tables_every_limited_choice_counts() -> None:
    unpriced = replace(VIDEO, price=(), time=())
    plain = kind_of(unpriced, {"model": "viduq2", "prompt": "a", "seed": 1})
    assert plain == kind_of(unpriced, {"model": "viduq2", "prompt": "b", "seed": 2})
    assert plain != kind_of(unpriced, {"model": "viduq2", "bgm": True})
    assert plain != kind_of(unpriced, {"model": "viduq2", "images": images(1)})


def test_a_deferred_value_is_of_a_kind_of_its_own() -> None:
    later = kind_of(IMAGE, {"model": "viduq2", "resolution": LATER})
    assert later not in learn(IMAGE, [past(6), past(8, resolution="2K")])


def test_videos_of_unlike_creations_are_of_unlike_kinds() -> None:
    upscale = OPERATIONS["vidu/upscale-new"]
    short, long = (
        Deferred(parts=(JobOutput(job=name, attribute="creation_id"),)) for name in ("one", "ten")
    )
    kinds = [
        kind_of(upscale, {"video_creation_id": video, "upscale_resolution": "4K", "payload": "x"})
        for video in (short, long, "1047", "1048")
    ]
    assert len(set(kinds)) == 4
    again = {"video_creation_id": "1047", "upscale_resolution": "4K", "payload": "y"}
    assert kind_of(upscale, again) == kinds[2]


def test_the_latest_price_and_all_times_are_learned() -> None:
    seen = [past(None, 30.0), past(7, 10.0), past(6, None), past(6, 20.0), past(8, resolution="2K")]
    learned = learn(IMAGE, seen)
    plain = learned[kind_of(IMAGE, {"model": "viduq2"})]
    assert plain.price == Amount(unit="credits", value=Decimal(7))
    assert plain.times_s == (30.0, 10.0, 20.0)
    assert plain.time_s == 20.0
    large = learned[kind_of(IMAGE, {"model": "viduq2", "resolution": "2K"})]
    assert (large.price, large.time_s) == (Amount(unit="credits", value=Decimal(8)), None)


def test_a_price_of_zero_is_ignored() -> None:
    (learned,) = learn(IMAGE, [past(0), past(6)]).values()
    assert learned.price == Amount(unit="credits", value=Decimal(6))
    (learned,) = learn(IMAGE, [past(0)]).values()
    assert learned.price is None


# ----------------------------------------------------- items, texts, media and blocks of them


def made_up(*tables: Mapping[str, Any]) -> Operation:
    """An operation with segments, a text and media of every shape, with these price tables."""
    segment = {
        "type": "object",
        "properties": {"seconds": {"type": "integer", "default": 5}, "picture": {}},
    }
    actor = {"type": "object", "properties": {"name": {}, "clips": {"type": "array"}}}
    schema = {
        "properties": {
            "model": {},
            "text": {"type": "string"},
            "segments": {"type": "array", "items": segment},
            "actors": {"type": "array", "items": actor},
            "clip": {"type": "string"},
            "length": {"type": "number", "default": 7},
        }
    }
    video = MediaLimits(kind="video", media_types=("video/mp4",))
    media = dict.fromkeys(("segments[].picture", "actors[].clips", "clip"), video)
    price = read_tables([{"unit": "credits", "by": [], **table} for table in tables])
    return replace(FRAME, schema=schema, media=media, price=price, time=(), seed=None, tag=None)


def clip(seconds: float | None, name: str = "a.mp4") -> Media:
    return Media(
        source=name, path=None, sha256=name * 8, media_type=None, size_bytes=None, seconds=seconds
    )


def made_price(
    table: Mapping[str, Any], media: JobMedia | None = None, **parameters: Any
) -> Decimal | None:
    found = estimate(made_up(table), parameters, media or {})
    return found.value if found else None


BY_SEGMENT = {
    "each": "segments",
    "by": ["model", "segments[].seconds"],
    "rows": [["m", n, 10 * n + 5] for n in range(1, 8)],
}


def test_a_table_for_each_item_of_a_list_is_added_up() -> None:
    segments = [{"seconds": 1}, {"seconds": 3}]
    assert made_price(BY_SEGMENT, model="m", segments=segments) == 15 + 35


def test_a_key_that_an_item_leaves_out_counts_as_its_default() -> None:
    assert made_price(BY_SEGMENT, model="m", segments=[{}, {"seconds": 1}]) == 55 + 15


@pytest.mark.parametrize(
    "segments", [[], [{"seconds": 1}, {"seconds": 9}], [{"seconds": LATER}], [LATER], LATER, None]
)
def test_a_sum_with_an_unknown_part_is_unknown(segments: Any) -> None:
    assert made_price(BY_SEGMENT, model="m", segments=segments) is None


def test_changes_are_made_to_the_sum() -> None:
    half = {**BY_SEGMENT, "changes": [{"if": {"model": "m"}, "times": 0.5}]}
    assert made_price(half, model="m", segments=[{"seconds": 1}] * 3) == 23  # 22.5


@given(st.lists(st.integers(1, 7), min_size=1, max_size=9))
def test_the_sum_is_that_of_each_item_by_itself(seconds: list[int]) -> None:
    items = [{"seconds": each} for each in seconds]
    alone = [made_price(BY_SEGMENT, model="m", segments=[item]) for item in items]
    assert made_price(BY_SEGMENT, model="m", segments=items) == sum(filter(None, alone))


def per(of: str, block: float | None = None, **more: Any) -> Mapping[str, Any]:
    amount = {"of": of} if block is None else {"of": of, "block": block}
    return {"rows": [[10]], "per": amount, **more}


def test_a_text_is_counted_by_characters_in_blocks_begun() -> None:
    prices = [made_price(per("text", 500), text="字" * n) for n in (0, 1, 500, 501)]
    assert prices == [0, 10, 10, 20]
    assert made_price(per("text", 500), text=LATER) is None
    assert made_price(per("text", 500)) is None


def test_without_a_block_an_amount_is_exact() -> None:
    assert made_price(per("length"), length=2.5) == 25
    assert made_price(per("length")) == 70
    assert made_price(per("text"), text="abc") == 30


@given(st.integers(0, 10_000), st.integers(1, 700))
def test_blocks_cover_the_amount_with_less_than_one_to_spare(length: int, block: int) -> None:
    price = made_price(per("length", block), length=length)
    assert price is not None
    assert length <= price / 10 * block < length + block


def test_a_medium_counts_by_its_seconds() -> None:
    media: JobMedia = {("clip",): clip(4.2)}
    assert made_price(per("clip"), media, clip="a.mp4") == 42
    assert made_price(per("clip", 1), media, clip="a.mp4") == 50


def test_media_in_lists_of_objects_are_added_up_as_a_whole_or_item_by_item() -> None:
    actors = [{"clips": ["a.mp4", "b.mp4"]}, {"clips": ["c.mp4"]}]
    media: JobMedia = {
        ("actors", 0, "clips", 0): clip(1.5),
        ("actors", 0, "clips", 1): clip(2.0),
        ("actors", 1, "clips", 0): clip(0.6),
    }
    assert made_price(per("actors[].clips", 1), media, actors=actors) == 50  # 4.1 s
    each = per("actors[].clips", 1, each="actors")
    assert made_price(each, media, actors=actors) == 40 + 10


@pytest.mark.parametrize("medium", [clip(None), LATER])
def test_the_price_by_seconds_that_are_not_known_is_unknown(medium: Any) -> None:
    assert made_price(per("clip"), {("clip",): medium}, clip="a.mp4") is None
    assert made_price(per("clip")) is None


def test_media_count_by_their_number_wherever_they_are() -> None:
    rows = [["m", n, n + 1] for n in range(4)]
    table = {"by": ["model", "actors[].clips"], "rows": rows}
    two = [{"clips": ["a"]}, {"clips": [LATER]}, {"name": "b"}]
    assert made_price(table, model="m", actors=two) == 3
    assert made_price(table, model="m") == 1
    single = {"by": ["model", "clip"], "rows": rows}
    assert made_price(single, model="m", clip="a") == 2
    assert made_price(single, model="m") == 1


def test_another_list_counts_as_its_length() -> None:
    table = {"by": ["segments"], "rows": [[2, 7]]}
    assert made_price(table, segments=[{}, {}]) == 7


def test_a_price_by_unknown_seconds_is_learned_for_the_same_medium_only() -> None:
    operation = made_up(per("clip"))
    paid = PastTask(
        request={"clip": {"sha256": "a.mp4" * 8}},
        price=Amount(unit="credits", value=Decimal(33)),
        time_s=None,
    )
    learned = learn(operation, [paid])
    known: JobMedia = {("clip",): clip(None)}
    other: JobMedia = {("clip",): clip(None, "b.mp4")}
    assert kind_of(operation, {"clip": "a.mp4"}, known) in learned
    assert kind_of(operation, {"clip": "b.mp4"}, other) not in learned
    assert kind_of(operation, {"clip": LATER}, {("clip",): LATER}) not in learned


def test_items_of_other_seconds_are_of_another_kind() -> None:
    operation = made_up(BY_SEGMENT)
    one, two = {"segments": [{"seconds": 5}]}, {"segments": [{"seconds": 6}]}
    assert kind_of(operation, one) == kind_of(operation, {"segments": [{}]})
    assert kind_of(operation, one) != kind_of(operation, two)


# -------------------------------------------------------------------------------- time limits


def test_a_task_off_peak_may_take_two_days() -> None:
    assert time_limit_s(FRAME, {"model": "viduq3-pro", "off_peak": True}) == 180_000
    assert time_limit_s(FRAME, {"model": "viduq3-pro"}) is None


def test_the_first_time_limit_that_holds_counts() -> None:
    limits = [{"if": {"model": "m", "length": [8, 60]}, "s": 900}, {"if": {"model": "m"}, "s": 60}]
    operation = replace(made_up(), timeout=read_time_limits(limits))
    assert time_limit_s(operation, {"model": "m", "length": 8}) == 900
    assert time_limit_s(operation, {"model": "m"}) == 60
    assert time_limit_s(operation, {"model": "n"}) is None
    assert time_limit_s(operation, {"model": LATER}) is None


def test_a_time_limit_without_a_condition_always_holds() -> None:
    operation = replace(made_up(), timeout=read_time_limits([{"s": 3600}]))
    assert time_limit_s(operation, {}) == 3600
