"""Vidu API: reads list queries, and formats tasks as the document's answers."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeAlias

from runner.emulator.api import productions
from runner.emulator.api.errors import ApiError, bad_request, invalid
from runner.emulator.api.links import Link
from runner.emulator.operations.kinds import Medium, filled
from runner.emulator.operations.vidu import OPERATIONS
from runner.emulator.state import files
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Phase, Reference, Task, timestamp
from runner.emulator.tables import FPS, pixels_of

Query: TypeAlias = Mapping[str, list[str]]
"""Every value of each name in a URL's query."""

_WEEK_NS = 7 * 86_400 * 10**9  # how far the list goes back without `created_at.from`
_MOST_DIGITS = 20  # of an id: it has 64 bits
_PAGE_SIZE, _LARGEST_PAGE_SIZE = 10, 100


def key_of(authorization: str | None) -> str:
    """The key in `Token KEY` or `Bearer KEY`; raises ApiError."""
    # The vendor's own hosts take `Token`, the document's sample has `Bearer`.
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() not in {"token", "bearer"} or not is_key(key):
        raise ApiError("Unauthorized", "Authorization must be: Token YOUR_API_KEY")
    return key


def check_id(task_id: str) -> None:
    """Raise ApiError for a task id that is not a number."""
    if not (task_id.isascii() and task_id.isdigit() and len(task_id) <= _MOST_DIGITS):
        raise bad_request(f'parsing field "id": parsing "{task_id[:64]}": invalid syntax')


def key_id(key: str) -> str:
    """What rows of the list name a key by; it does not give the key away."""
    return str(zlib.crc32(b"vidu-run emulator " + key.encode()))


def is_key(text: str) -> bool:
    """Whether `text` can be a key: visible ASCII characters, no space."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def created(task: Task, link: Link) -> dict[str, Any]:
    """The answer to a submission, with every field the document requires."""
    operation = OPERATIONS[task.order.operation]
    if operation.is_film:
        return {"id": task.id}
    answer = {
        "task_id": task.id,
        "state": Phase.CREATED.value,
        **_repeated(task, link),
        **operation.constants,
        **_common(task),
    }
    return {name: answer[name] for name in answer if name not in operation.unanswered}


def spoken(task: Task, now_ns: int, link: Link) -> dict[str, Any]:
    """The answer to a submission that is its result, or the reason why there is none yet."""
    order, phase = task.order, task.phase(now_ns)
    operation = OPERATIONS[order.operation]
    done = {operation.result_field: link(task.id, files.SOUND)} if phase is Phase.SUCCESS else {}
    answer = {
        "task_id": task.id,
        # The page has three states, and none for a task that is worked on.
        "state": (phase if phase.is_final else Phase.QUEUEING).value,
        **done,
        **({} if phase is Phase.FAILED else _repeated(task, link)),
        **_common(task),
    }
    return {name: answer[name] for name in answer if name not in operation.unanswered}


def _common(task: Task) -> dict[str, Any]:
    created_at = timestamp(task.made_ns)
    return {"payload": task.order.payload, "credits": task.credits, "created_at": created_at}


def _repeated(task: Task, link: Link) -> dict[str, Any]:
    """What the answer has of the request."""
    order, operation = task.order, OPERATIONS[task.order.operation]
    texts = {
        medium.name: medium.creation or url_of(medium, link)
        for medium in (*order.images, *order.videos, *order.sounds)
    }
    kinds, details = operation.fields, order.details
    values = {
        **{name: filled(kinds[name], details[name], texts) for name in details},
        "model": order.model,
        "prompt": order.prompt,
        "seed": order.seed,
        "aspect_ratio": order.aspect_ratio,
        "resolution": order.resolution,
        "callback_url": order.callback_url,
    }
    # Of two ways to name a video, the answer has the one that was used.
    return {
        name: values[name]
        for name in operation.answer
        if values[name] or not isinstance(kinds.get(name), Medium)
    }


def report(task: Task, now_ns: int, link: Link) -> dict[str, Any]:
    """The answer to a query on the path of the task's operation, and the body of a callback."""
    answer = productions.film if OPERATIONS[task.order.operation].is_film else creations
    return answer(task, now_ns, link)


def creations(task: Task, now_ns: int, link: Link) -> dict[str, Any]:
    """The answer to a query."""
    # Without the seed: with the vendor, only the answer to the submission has it.
    phase = task.phase(now_ns)
    failed = phase is Phase.FAILED
    has_progress = OPERATIONS[task.order.operation].has_progress
    return {
        "id": task.id,
        "state": phase.value,
        "err_code": task.err_code if failed else "",
        "credits": task.lost_credits if failed else task.credits,
        "payload": task.order.payload,
        "bgm": task.order.details.get("bgm", False),
        "off_peak": task.order.details.get("off_peak", False),
        **({"progress": task.progress(now_ns)} if has_progress else {}),
        "creations": [_creation(task, link)] if phase is Phase.SUCCESS else [],
    }


def _creation(task: Task, link: Link) -> dict[str, str]:
    names = {name: link(task.id, file) if file else "" for name, file in _files_of(task).items()}
    return {"id": f"{int(task.id) + 1}", **names}


def _files_of(task: Task) -> Mapping[str, str]:
    """The file of each URL of a creation; empty where there is none."""
    order, cover = task.order, {"cover_url": files.COVER}
    if order.is_sound:
        return {"url": files.SOUND, "cover_url": "", "watermarked_url": ""}
    if order.is_video:  # of these, one with a watermark is made on request only
        marked = files.WATERMARKED_VIDEO if order.details.get("watermark") else ""
        return {"url": files.VIDEO, **cover, "watermarked_url": marked}
    return {"url": files.PICTURE, **cover, "watermarked_url": files.WATERMARKED}


def task_of_creation(creation_id: str) -> str:
    """The id of the task that made a creation, if there is one."""
    is_id = creation_id.isascii() and creation_id.isdigit() and len(creation_id) <= _MOST_DIGITS
    return str(int(creation_id) - 1) if is_id else ""


def row(task: Task, now_ns: int, link: Link, *, every_field: bool) -> dict[str, Any]:
    """A task as a row of the list; `every_field`: with those of a query for it as well."""
    order, query = task.order, creations(task, now_ns, link)
    if not every_field:  # the vendor's page lists neither payload nor error code
        query = {name: query[name] for name in ("id", "state", "credits", "creations")}
    video = {"duration": order.duration_s or order.sound_s, "fps": FPS if order.is_video else 0}
    across, down = (0, 0) if order.is_sound else pixels_of(order)
    details = {
        "moderation_url": [],
        "video": {**video, "resolution": {"width": across, "height": down}},
    }
    return {
        **query,
        "creations": [{**creation, **details} for creation in query["creations"]],
        "key_id": order.key_id,
        "type": OPERATIONS[order.operation].row_type,
        "template": order.details.get("template", ""),
        "model": order.model,
        "prompt": order.prompt,
        "images": [url_of(image, link) for image in order.images],
        "duration": order.details.get("duration") or video["duration"],
        "resolution": order.resolution,
        "aspect_ratio": order.aspect_ratio,
        "created_at": timestamp(task.made_ns),
    }


def url_of(medium: Reference, link: Link) -> str:
    """The URL as it came, or a link to our copy of a data URI: an echo would be megabytes."""
    if medium.url or not medium.sha256:
        return medium.url
    return link(files.REFERENCES, f"{medium.sha256}.{files.ENDINGS[medium.media_type]}")


def balance(
    credits_left: int, limit: int, in_flight: Sequence[Task], now_ns: int, *, detail: bool
) -> dict[str, Any]:
    """The answer to a query for the balance; `detail`: with the packages that were bought."""
    waiting = sum(task.is_queued(now_ns) for task in in_flight)
    package = {"id": "1", "name": "emulated", "type": "metered", "concurrency": limit}
    return {
        "remains": [
            {
                "type": "metered",
                "credit_remain": credits_left,
                "concurrency_limit": limit,
                "current_concurrency": len(in_flight) - waiting,
                "queue_count": waiting,
            }
        ],
        "packages": [{**package, "credit_remain": credits_left}] if detail else [],
    }


# ------------------------------------------------------------------------------------------- list


def select(store: Store, query: Query, now_ns: int) -> tuple[list[Task], str]:
    """The tasks of a page, newest first, and the token of the next page (empty after the last).

    Raises ApiError for an invalid query.
    """
    # The vendor's page states no order: with ours, a token stays valid while tasks are added.
    matches, token = _filter(query, now_ns), _pager(query, "page_token")
    size = _number(_pager(query, "pagesz") or str(_PAGE_SIZE), "pager.pagesz")
    page = _number(_pager(query, "page") or "0", "pager.page")  # the first one is 0
    if not 1 <= size <= _LARGEST_PAGE_SIZE:
        raise invalid(f"pager.pagesz must be from 1 to {_LARGEST_PAGE_SIZE}")
    # A token has precedence over the number of a page.
    skip = 0 if token else page * size
    tasks = filter(matches, _candidates(store, _all(query, "task_ids"), token))
    # One more than the page holds shows whether there is a next page.
    found = list(islice(tasks, skip, skip + size + 1))
    shown = found[:size]
    return shown, f"p{shown[-1].id}" if len(found) > size else ""


def _filter(query: Query, now_ns: int) -> Callable[[Task], bool]:
    states = _all(query, "states")
    if unknown := states - {phase.value for phase in Phase}:
        raise invalid(f"states contains unknown values: {', '.join(sorted(unknown))}")
    since_ns = _nanoseconds(query, "created_at.from", now_ns - _WEEK_NS)
    until_ns = _nanoseconds(query, "created_at.to", 2**63)
    resolutions, versions = _all(query, "resolutions"), _all(query, "model_versions")
    templates = _all(query, "templates")
    return lambda task: (
        since_ns <= task.made_ns <= until_ns
        and (not states or task.phase(now_ns) in states)
        and (not resolutions or task.order.resolution in resolutions)
        and (not versions or _version(task.order.model) in versions)
        and (not templates or task.order.details.get("template") in templates)
    )


def _version(model: str) -> str:
    """q1, q2, ...: those of one version differ after a dash."""
    return model.removeprefix("vidu").partition("-")[0]


def _candidates(store: Store, task_ids: frozenset[str], token: str) -> Iterable[Task]:
    """Newest first, the tasks with the given ids or all, only those after the page of the token."""
    tasks: Iterable[Task] = reversed(store.tasks.values())
    if task_ids:
        # Clients ask for a few ids at every poll: that must not walk over all tasks.
        found = filter(None, map(store.tasks.get, task_ids))
        tasks = sorted(found, key=lambda task: int(task.id), reverse=True)
    # Ids grow in the order of making, so the id of a page's last task is the token of the next.
    below = _number(token.removeprefix("p"), "pager.page_token", digits=19) if token else 2**64
    return (task for task in tasks if is_task(task) and int(task.id) < below)


def is_task(task: Task) -> bool:
    """Whether a task is one of Vidu's on the usual paths: films are queried on their own."""
    order = task.order
    return order.api == "vidu" and not OPERATIONS[order.operation].is_film


def _last(query: Query, name: str) -> str:
    return query.get(name, [""])[-1]


def _pager(query: Query, name: str) -> str:
    # The vendor's page spells the paging both ways.
    return _last(query, f"pager.{name}") or _last(query, f"paper.{name}")


def _all(query: Query, name: str) -> frozenset[str]:
    """Values of a name that is repeated, has commas in its value or `[]` after it."""
    values = [*query.get(name, []), *query.get(f"{name}[]", [])]
    return frozenset(part.strip() for value in values for part in value.split(",")) - {""}


def _number(text: str, name: str, digits: int = 9) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise invalid(f"{name} is not valid")
    return int(text)


def _nanoseconds(query: Query, name: str, default: int) -> int:
    """RFC 3339 to nanoseconds since 1970, to the microsecond; a time without a zone is UTC."""
    text = _last(query, name)
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError) as error:
        raise invalid(f"{name} must be a time such as 2026-01-20T07:08:12Z") from error
