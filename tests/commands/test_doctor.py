"""`vidu-run doctor`: what a run relies on, checked without changing or paying anything."""

from __future__ import annotations

import json
import re
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.doctor.check import Level
from tests.commands.conftest import Project

ONE = "  - {id: a, prompt: a cat}\n"
DOCUMENTED = Path(__file__).parents[2] / "docs/doctor.md"


def records(project: Project, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    ran = project.run("doctor", "--json", *arguments)
    return ran.code, json.loads(ran.out)


def levels(found: list[dict[str, Any]]) -> dict[str, str]:
    return {check["id"]: check["level"] for check in found}


def test_all_is_well_with_a_key_and_a_provider(
    online: Project, submissions: Callable[[], Counter[str]]
) -> None:
    online.jobs(ONE)
    code, found = records(online, "spring.yaml")
    assert code == 0
    assert {*levels(found).values()} == {"ok"}
    by_id = {check["id"]: check for check in found}
    assert by_id["plan"]["text"] == "1 to submit, about 6 credits"
    assert by_id["balance"]["text"].endswith("0 of 5 places in use, 0 waiting")
    assert not submissions()
    assert [path.name for path in online.folder.iterdir()] == ["spring.yaml"], "it has written"


def test_no_submission_is_sent_and_no_key_is_shown(online: Project, emulator: str) -> None:
    online.jobs(ONE)
    ran = online.run("doctor", "spring.yaml")
    assert "secret-key-7351" not in ran.out + ran.err
    with urllib.request.urlopen(f"{emulator}/_emulator/requests") as answer:  # noqa: S310
        assert json.load(answer)["submissions"] == []


def test_a_missing_key_ends_with_4_and_hides_nothing(online: Project) -> None:
    online.jobs(ONE)
    online.env["VIDU_API_KEY"] = None
    code, found = records(online, "spring.yaml")
    assert code == 4
    assert levels(found)["key"] == "fail"
    assert {"tls", "clock", "api", "disk", "ledger"} <= {*levels(found)}


def test_without_a_manifest_no_key_has_to_be_there(online: Project) -> None:
    for name in ("VIDU_API_KEY", "MODELVERSE_API_KEY"):
        online.env[name] = None
    code, found = records(online)
    assert code == 0
    assert levels(found)["key"] == "warn"
    assert {check["about"] for check in found if check["id"] == "api"} == {"vidu", "modelverse"}


def test_an_invalid_manifest_ends_with_3_and_hides_nothing(online: Project) -> None:
    online.jobs(ONE)
    online.jobs("  - {id: a, promt: a cat}\n", "wrong.yaml")
    code, found = records(online, "wrong.yaml", "spring.yaml")
    assert code == 3
    manifests = {check["about"]: check["level"] for check in found if check["id"] == "manifest"}
    assert manifests == {"wrong.yaml": "fail", "spring.yaml": "ok"}


def test_results_and_marks_are_passed_over_beside_their_manifest(online: Project) -> None:
    online.jobs(ONE)
    assert online.run("spring.yaml").code == 0
    online.write("version: 1\nmarks: []\n", "spring.marks.yaml")
    code, found = records(online, "spring.marks.yaml", "spring.results.yaml", "spring.yaml")
    assert code == 0
    assert [check["about"] for check in found if check["id"] == "manifest"] == ["spring.yaml"]
    code, found = records(online, "spring.results.yaml")
    assert code == 3
    assert ("spring.results.yaml", "fail") in [(each["about"], each["level"]) for each in found]


def test_a_damaged_ledger_ends_with_8_and_hides_nothing(online: Project) -> None:
    online.jobs(ONE)
    online.write("not a database, whatever it is called", ".vidu-run/ledger.sqlite3")
    code, found = records(online, "spring.yaml")
    assert code == 8
    assert levels(found)["ledger"] == "fail"
    assert levels(found)["balance"] == "ok"


def test_a_rehearsal_needs_neither_key_nor_network(project: Project) -> None:
    project.jobs(ONE)
    code, found = records(project, "spring.yaml", "--emulate")
    assert code == 0
    assert levels(found)["api"] == "ok"
    assert "emulated.sqlite3" in str([check["about"] for check in found])
    assert [path.name for path in project.folder.iterdir()] == ["spring.yaml"]


def test_a_host_that_only_a_manifest_names_is_not_asked(online: Project, emulator: str) -> None:
    online.env |= {"VIDU_BASE_URL": None}
    path = online.jobs(ONE)
    host = emulator.replace("127.0.0.1", "stranger.test")
    block = f"providers: {{vidu: {{base_url: '{host}', api_key_env: HOME}}}}\n"
    path.write_text(path.read_text(encoding="utf-8") + block, encoding="utf-8")
    code, found = records(online, "spring.yaml")
    assert code == 4
    assert not {"tls", "dns", "api"} & {*levels(found)}


def test_manifests_of_one_folder_share_its_checks(online: Project) -> None:
    online.jobs(ONE)
    online.jobs(ONE.replace("cat", "dog"), "summer.yaml")
    _, found = records(online, "spring.yaml", "summer.yaml")
    counts = Counter(check["id"] for check in found)
    assert counts["manifest"] == 2
    assert {counts[name] for name in ("key", "api", "ledger", "disk")} == {1}


def test_a_schema_of_another_version_is_a_warning(online: Project) -> None:
    online.jobs(ONE)
    online.write('{"$id": "urn:vidu-run:schema:manifest"}', "manifest.schema.json")
    code, found = records(online, "spring.yaml")
    assert code == 0
    assert levels(found)["schema"] == "warn"


def test_the_page_lists_every_check(online: Project) -> None:
    text = DOCUMENTED.read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    online.jobs(ONE)
    online.run("init", "x")
    online.run("spring.yaml")
    address = str(online.env["VIDU_BASE_URL"]).replace("127.0.0.1", "localhost")
    online.env["VIDU_BASE_URL"] = address  # a name is looked up, an address is not
    _, found = records(online, "spring.yaml", "x/manifest.yaml")
    # Of a shared ledger, see test_shared_ledger.
    assert {check["id"] for check in found} == documented - {"ledger-clock"}
    assert {*Level} == {*re.findall(r"`(ok|warn|fail)`", text)}
