from __future__ import annotations

from typing import Any

import pytest

from runner.operations import load_operations, suggest_operation
from runner.validation.document import check_document, check_lookalikes

JOB = {"id": "a", "operation": "vidu/reference2image", "model": "viduq2", "prompt": "a cat"}
OPERATION_NOT_KNOWN = 'unknown operation "vidu/reference2imag"'
GOOD = {"version": 1, "jobs": [JOB]}


def reported(document: Any) -> list[tuple[tuple[str | int, ...], str]]:
    return [(f.path, f.message) for f in check_document(document, load_operations())]


def hints(document: Any) -> list[str | None]:
    return [finding.hint for finding in check_document(document, load_operations())]


def test_a_minimal_manifest_is_valid() -> None:
    assert reported(GOOD) == []


def test_a_manifest_with_every_key_is_valid() -> None:
    document = {
        "version": 1,
        "name": "spring cats",
        "vars": {"hero": "一只猫", "sizes": [1, 2]},
        "defaults": {
            "operation": "vidu/reference2image",
            "tags": None,
            "seed": 5,
            "vidu/reference2image": {"model": "viduq2", "takes": 2},
            "modelverse/reference2video": None,
            "x-note": "mine",
        },
        "run": {
            "concurrency": 8,
            "budget": {"credits": 500, "cny": 40.5},
            "timeout": "1h30m",
            "poll_rate": 0.5,
            "outputs": "made",
            "download": False,
            "on_ambiguous": "resubmit",
            "confirm_above": 100,
            "outage": 600,
            "settle": "5s",
            "max_failures": 3,
            "notify_after": "30s",
            "x-note": "mine",
        },
        "providers": {
            "vidu": {
                "base_url": "https://gateway.example.com/vidu",
                "auth": "bearer",
                "api_key_env": "GATEWAY_KEY",
                "concurrency": 2,
            },
            "modelverse": None,
        },
        "env": ["CAMPAIGN"],
        "x-anything": [1],
        "jobs": [
            {"id": "a", "prompt": "x"},
            {
                "id": "b-${{ matrix.style }}",
                "operation": "${{ vars.operation }}",
                "matrix": {"style": ["noir"], "include": [{"style": "水墨"}]},
                "foreach": "prompts.csv",
                "takes": "${{ vars.takes }}",
                "tags": ["spring", "${{ matrix.style }}"],
                "description": "",
                "x-note": 3,
                "seed": None,
            },
        ],
    }
    assert reported(document) == []


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"version": 2}, ("version",), "unknown version 2 (known: 1)"),
        ({"version": "1"}, ("version",), 'unknown version "1" (known: 1)'),
        ({"version": True}, ("version",), "unknown version true (known: 1)"),
        ({"jobs": []}, ("jobs",), "jobs is empty"),
        ({"jobs": {"a": {}}}, ("jobs",), "jobs is a mapping, but must be a list"),
        ({"jobs": None}, ("jobs",), "jobs is empty (null), but must be a list"),
        ({"jbos": []}, ("jbos",), 'unknown key "jbos" in the manifest'),
        ({"name": 3}, ("name",), "name is the number 3, but must be text"),
        ({"vars": [1]}, ("vars",), "vars is a list, but must be a mapping"),
        ({"defaults": "x"}, ("defaults",), 'defaults is the text "x", but must be a mapping'),
        ({"run": []}, ("run",), "run is a list, but must be a mapping"),
        (
            {"run": {"concurency": 8}},
            ("run", "concurency"),
            'unknown key "concurency" in run',
        ),
        (
            {"run": {"concurrency": 0}},
            ("run", "concurrency"),
            "run.concurrency 0 is out of range (1 to 10000)",
        ),
        (
            {"run": {"concurrency": "${{ vars.n }}"}},
            ("run", "concurrency"),
            'run.concurrency is the text "${{ vars.n }}", but must be a whole number',
        ),
        ({"run": {"budget": {}}}, ("run", "budget"), "run.budget is empty"),
        (
            {"run": {"budget": None}},
            ("run", "budget"),
            "run.budget is empty (null), but must be a mapping",
        ),
        (
            {"run": {"budget": {"eur": 5}}},
            ("run", "budget", "eur"),
            'unknown key "eur" in run.budget',
        ),
        (
            {"run": {"budget": {"credits": -1}}},
            ("run", "budget", "credits"),
            "run.budget.credits -1 is out of range (at least 0)",
        ),
        (
            {"run": {"on_ambiguous": "retry"}},
            ("run", "on_ambiguous"),
            'unknown run.on_ambiguous "retry" (known: ask, resubmit)',
        ),
        (
            {"run": {"download": "yes"}},
            ("run", "download"),
            'run.download is the text "yes", but must be true or false',
        ),
        (
            {"providers": {"vido": {}}},
            ("providers", "vido"),
            'unknown key "vido" in providers',
        ),
        (
            {"providers": {"vidu": {"auth": "basic"}}},
            ("providers", "vidu", "auth"),
            'unknown providers.vidu.auth "basic" (known: token, bearer, raw)',
        ),
        (
            {"providers": {"vidu": {"base_url": "api.vidu.cn"}}},
            ("providers", "vidu", "base_url"),
            'providers.vidu.base_url "api.vidu.cn" is not an http or https URL',
        ),
        (
            {"env": ["not a name"]},
            ("env", 0),
            'env[0] "not a name" is not the name of an environment variable',
        ),
        (
            {"env": ["HOME", "VIDU_API_KEY"]},
            ("env", 1),
            "env lists VIDU_API_KEY, which holds a secret: no job may read it",
        ),
        (
            {"env": ["MINE"], "providers": {"vidu": {"api_key_env": "MINE"}}},
            ("env", 0),
            "env lists MINE, which holds a secret: no job may read it",
        ),
        (
            {"env": ["HOME"], "providers": {"vidu": {"api_key_env": ["MINE"]}}},
            ("providers", "vidu", "api_key_env"),
            "providers.vidu.api_key_env is a list, but must be text",
        ),
        (
            {"defaults": {"vidu/reference2imag": {}}},
            ("defaults", "vidu/reference2imag"),
            'unknown operation "vidu/reference2imag" in defaults',
        ),
        (
            {"defaults": {"vidu/reference2image": [1]}},
            ("defaults", "vidu/reference2image"),
            "defaults for vidu/reference2image must be a mapping of its parameters",
        ),
        (
            {"defaults": {"id": "a"}},
            ("defaults", "id"),
            "id cannot be a default: every job has its own",
        ),
        (
            {"defaults": {"takes": 0}},
            ("defaults", "takes"),
            "takes 0 is out of range (at least 1)",
        ),
        (
            {"defaults": {"modelverse/reference2video": {"promt": "a", "x-note": 1}}},
            ("defaults", "modelverse/reference2video", "promt"),
            'unknown parameter "promt" of modelverse/reference2video',
        ),
        ({"jobs": ["a"]}, ("jobs", 0), 'each item of jobs is the text "a", but must be a mapping'),
        (
            {"jobs": [{**JOB, "id": 5}]},
            ("jobs", 0, "id"),
            "id is the number 5, but must be text",
        ),
        ({"jobs": [{**JOB, "id": ""}]}, ("jobs", 0, "id"), "id is empty"),
        (
            {"jobs": [JOB, {**JOB, "takes": "2"}]},
            ("jobs", 1, "takes"),
            'takes is the text "2", but must be a whole number',
        ),
        (
            {"jobs": [{**JOB, "tags": "a"}]},
            ("jobs", 0, "tags"),
            'tags is the text "a", but must be a list',
        ),
        (
            {"jobs": [{**JOB, "matrix": []}]},
            ("jobs", 0, "matrix"),
            "matrix is a list, but must be a mapping",
        ),
        (
            {"jobs": [{**JOB, "operation": "vidu/reference2imag"}]},
            ("jobs", 0, "operation"),
            OPERATION_NOT_KNOWN,
        ),
        (
            {"jobs": [{"id": "a"}]},
            ("jobs", 0),
            "operation is missing (a job needs it)",
        ),
    ],
)
def test_each_error_is_reported_at_its_path(
    change: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    assert reported({**GOOD, **change}) == [(path, message)]


@pytest.mark.parametrize("text", ["30m", "5s", "1h30m", "1h30m5s", "1.5h", "90", 90, 0.5, 0])
def test_durations_may_be_texts_or_numbers_of_seconds(text: Any) -> None:
    assert reported({**GOOD, "run": {"timeout": text}}) == []


@pytest.mark.parametrize("text", ["30x", "m", "", "1m1h", "-5s", "5 s", True, None, [], -1])
def test_the_error_for_a_wrong_duration_shows_right_ones(text: Any) -> None:
    words = "is not a duration such as 30m, 5s, 1h30m or a number of seconds"
    found = reported({**GOOD, "run": {"timeout": text}})
    assert [message.endswith(words) for _, message in found] == [True]


@pytest.mark.parametrize("document", [[], None, "x", 3])
def test_a_manifest_must_be_a_mapping(document: Any) -> None:
    assert reported(document) == [((), "the manifest must be a mapping with version and jobs")]


def test_an_empty_manifest_lists_what_is_missing() -> None:
    assert reported({}) == [
        ((), "version is missing (the manifest needs it)"),
        ((), "jobs is missing (the manifest needs it)"),
    ]
    assert hints({}) == ['write "version: 1"', 'write each job as "- id: NAME" and its keys below']


def test_a_misspelt_name_suggests_the_nearest() -> None:
    assert hints({**GOOD, "Vars": {}}) == ['did you mean "vars"?']
    assert hints({**GOOD, "run": {"poll-rate": 3}}) == ['did you mean "poll_rate"?']
    assert hints({**GOOD, "jobs": [{**JOB, "operation": "vidu/reference2imag"}]}) == [
        'did you mean "vidu/reference2image"? (vidu-run operations lists all)'
    ]


def test_an_unknown_name_lists_the_known_ones() -> None:
    assert hints({**GOOD, "providers": {"openai": {}}}) == ["known: modelverse, vidu"]
    assert hints({**GOOD, "defaults": {"openai/images": {}}}) == [
        suggest_operation("openai/images", load_operations())
    ]


def test_a_job_s_operation_may_come_from_the_defaults() -> None:
    defaults = {"operation": "vidu/reference2image"}
    assert reported({**GOOD, "defaults": defaults, "jobs": [{"id": "a"}]}) == []


def test_defaults_of_an_operation_in_use_are_left_to_its_jobs() -> None:
    block = {"vidu/reference2image": {"promt": "a"}}
    assert reported({**GOOD, "defaults": block}) == []
    jobs = [{"id": "a", "operation": "${{ matrix.operation }}"}]
    assert reported({**GOOD, "defaults": block, "jobs": jobs}) == []


def test_findings_come_in_the_order_of_the_file() -> None:
    found = reported({"run": {"x": 1}, "jobs": [{"id": 5}], "version": 3})
    assert [path[0] for path, _ in found] == ["run", "jobs", "jobs", "version"]


@pytest.mark.parametrize("setting", ["budget", "confirm_above"])
@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("60 credits", "try {}: {{credits: 60}}"),
        ("¥40 and 60 credits", "try {}: {{cny: 40, credits: 60}}"),
        ("credits=60,cny=4.5", "try {}: {{credits: 60, cny: 4.5}}"),
        ("60", "try {0}: {{credits: 60}}, or {0}: {{cny: 60}}"),
        ("plenty", "try {}: {{credits: 500, cny: 40}}"),
        ({}, "try {}: {{credits: 500, cny: 40}}"),
        ([1], "try {}: {{credits: 500, cny: 40}}"),
        (None, "try {}: {{credits: 500, cny: 40}}"),
        (-1, "try {}: {{credits: 500, cny: 40}}"),
        (True, "try {}: {{credits: 500, cny: 40}}"),
    ],
)
def test_amounts_in_another_form_get_the_right_one_as_hint(
    setting: str, value: Any, hint: str
) -> None:
    [finding] = check_document({**GOOD, "run": {setting: value}}, load_operations())
    assert finding.path == ("run", setting)
    assert finding.hint == hint.format(setting)


def test_a_budget_without_a_unit_gets_both_units_as_hint() -> None:
    [finding] = check_document({**GOOD, "run": {"budget": 60}}, load_operations())
    assert finding.message == "run.budget is the number 60, but must be a mapping"
    assert finding.hint == "try budget: {credits: 60}, or budget: {cny: 60}"


def warnings_in(text: str) -> list[tuple[Any, str, str | None]]:
    document = {"jobs": [{"id": "a", "prompt": text}], "x-note": text}
    return [(f.path, f.message, f.hint) for f in check_lookalikes(text, document) if f.warning]


@pytest.mark.parametrize(
    ("text", "found", "meant"),
    [
        ("a ${vars.hero} sits", "${vars.hero}", "${{ vars.hero }}"),
        ("{{ vars.hero }}", "{{ vars.hero }}", "${{ vars.hero }}"),
        ("{{row['the name']}}", "{{row['the name']}}", "${{ row['the name'] }}"),
        ("{{ take }}", "{{ take }}", "${{ take }}"),
        ("${jobs.a.seed | x}", "${jobs.a.seed | x}", "${{ jobs.a.seed | x }}"),
    ],
)
def test_a_text_that_looks_like_an_expression_is_a_warning(
    text: str, found: str, meant: str
) -> None:
    path = ("jobs", 0, "prompt")
    hint = f"did you mean {meant}?"
    assert warnings_in(text) == [(path, f"{found} is not an expression and is kept as text", hint)]


@pytest.mark.parametrize(
    "text",
    ["${{ vars.hero }}", "$${{ vars.hero }}", "${HOME}", "{{ x }}", "{vars.x}", "{{ takes }}", "$"],
)
def test_an_ordinary_text_is_not_a_warning(text: str) -> None:
    assert warnings_in(text) == []
