"""Privacy: what a page does not repeat of paths and URLs."""

from __future__ import annotations

import pytest

from runner.report.privacy import public_prompt, public_text, public_value


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("/home/anna/spring/a.png: no space", "…/a.png: no space"),
        ("cannot write ~/spring/a.png", "cannot write …/a.png"),
        ("HTTP://u:p@Host.example/a?b=c#d", "HTTP://Host.example/a?…"),
        ("https://host.example/a", "https://host.example/a"),
        ("16:9 and/or 4:3", "16:9 and/or 4:3"),
        ("outputs/spring/a.png", "outputs/spring/a.png"),
        (None, None),
    ],
)
def test_a_message_has_neither_folders_nor_queries(text: str | None, public: str | None) -> None:
    assert public_text(text) == public


def test_values_keep_all_but_folders_and_signatures() -> None:
    value = {
        "images": ["/work/refs/cat.png", "refs/dog.png", "https://h/x.png?w=3"],
        "text": "a path like /home/anna/x stays in a text of the user's own",
        "number": 1.5,
        "odd": float("nan"),
    }
    assert public_value(value) == value | {
        "images": ["…/cat.png", "refs/dog.png", "https://h/x.png?…"],
        "odd": None,
    }


def test_a_prompt_loses_signed_addresses_alone() -> None:
    text = "as https://h/a.png?X-Amz-Signature=0 but not https://h/b.png?w=3"
    assert public_prompt(text) == "as https://h/a.png?… but not https://h/b.png?w=3"
