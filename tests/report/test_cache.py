"""Cache: thumbnails and facts are made once for each content, and go when nothing uses them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner.report.cache import FACTS, ThumbnailCache
from runner.report.thumbnails import MediaFacts, Thumbnails

A, B = "a" * 64, "b" * 64


def made(width: int = 3, *sizes: int) -> Thumbnails:
    return Thumbnails(
        facts=MediaFacts(width=width, height=4),
        pictures={size: f"picture {size}".encode() for size in sizes or (480,)},
    )


def cache_in(folder: Path, *others: Path) -> ThumbnailCache:
    folder.mkdir(parents=True, exist_ok=True)
    return ThumbnailCache(folder=folder, others=others)


def filled(folder: Path, *digests: str) -> ThumbnailCache:
    cache = cache_in(folder)
    for sha256 in digests:
        cache.add(sha256, made())
    cache.save()
    return cache


def test_what_was_made_is_there_the_next_time(tmp_path: Path) -> None:
    filled(tmp_path, A)
    cache = cache_in(tmp_path)
    assert cache.lacks(A, [480]) is False
    assert cache.facts(A) == MediaFacts(width=3, height=4)
    assert cache.picture(A, 480) == tmp_path / f"{A}.webp"


def test_a_further_size_is_made_when_it_is_wanted(tmp_path: Path) -> None:
    cache = filled(tmp_path, A)
    assert cache.lacks(A, [480, 960]) is True
    cache.add(A, made(3, 480, 960))
    assert cache.lacks(A, [480, 960]) is False


def test_an_empty_picture_is_made_again(tmp_path: Path) -> None:
    filled(tmp_path, A)
    (tmp_path / f"{A}.webp").write_bytes(b"")
    assert cache_in(tmp_path).lacks(A, [480]) is True


def test_damaged_facts_are_measured_again(tmp_path: Path) -> None:
    filled(tmp_path, A)
    for damage in (b"", b"{", b"[]", b'{"version":2}', b'{"version":1,"files":7}', b"\xff"):
        (tmp_path / FACTS).write_bytes(damage)
        assert cache_in(tmp_path).lacks(A, [480]) is True


def test_what_another_form_has_is_taken_over(tmp_path: Path) -> None:
    filled(tmp_path / "one", A)
    cache = cache_in(tmp_path / "two", tmp_path / "one")
    assert cache.lacks(A, [480]) is False
    cache.take_over(A, 480)
    assert (tmp_path / "two" / f"{A}.webp").read_bytes() == b"picture 480"


def test_pictures_that_nothing_uses_are_removed(tmp_path: Path) -> None:
    cache = filled(tmp_path, A, B)
    (tmp_path / "mine.webp").write_bytes(b"somebody's own")
    (tmp_path / f".{A}.webp.0123456789ab.part").write_bytes(b"left by a killed process")
    cache.save([A])
    cache.remove_unused([A])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{A}.webp", FACTS, "mine.webp"]
    assert list(json.loads((tmp_path / FACTS).read_bytes())["files"]) == [A]


def test_what_needs_pyav_is_measured_again(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.add(A, Thumbnails(facts=MediaFacts(problem="no_pyav"), pictures={}))
    assert cache.lacks(A, [480]) is False  # not twice by one command
    cache.save()
    assert cache_in(tmp_path).lacks(A, [480]) is True


def test_what_is_unreadable_is_not_read_again(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.add(A, Thumbnails(facts=MediaFacts(problem="unreadable"), pictures={}))
    cache.save()
    assert cache_in(tmp_path).lacks(A, [480]) is False


def test_the_same_facts_leave_the_file_as_it_is(tmp_path: Path) -> None:
    filled(tmp_path, A)
    before = (tmp_path / FACTS).stat()
    cache_in(tmp_path).save()
    assert (tmp_path / FACTS).stat() == before


def test_facts_are_saved_while_other_threads_add_some(tmp_path: Path) -> None:
    cache, facts = cache_in(tmp_path), Thumbnails(facts=MediaFacts(width=3), pictures={})
    with ThreadPoolExecutor(2) as pool:
        added = [pool.submit(cache.add, f"{number:064x}", facts) for number in range(5000)]
        while not all(each.done() for each in added):
            cache.save()
    assert all(each.exception() is None for each in added)
    cache.save()
    assert cache_in(tmp_path).facts(f"{4999:064x}") == facts.facts
