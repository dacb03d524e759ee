from __future__ import annotations

import hashlib
from typing import Any

from runner.emulator.requests import Body


def untagged(raw: bytes) -> str:
    return Body.parse(raw).untagged


def test_tags_and_the_order_of_keys_do_not_count() -> None:
    plain = untagged(b'{"model": "viduq2", "prompt": "x"}')
    tagged = b'{"prompt":"x", "payload":"tag", "callback_url":"http://a/", "model":"viduq2"}'
    assert untagged(tagged) == plain
    assert untagged(b'{"model": "viduq2", "prompt": "y"}') != plain


def test_a_body_without_an_object_counts_as_it_is() -> None:
    assert untagged(b"[1]") == hashlib.sha256(b"[1]").hexdigest()


def test_a_body_that_cannot_be_unpacked_is_refused(url: str, ask: Any) -> None:
    headers = {"Content-Encoding": "gzip"}
    answer = ask("POST", url + "/ent/v2/reference2image", raw=b"no gzip", headers=headers)
    assert answer.status == 400
