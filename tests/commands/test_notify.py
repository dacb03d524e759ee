"""`--notify`: what the command gets, when it runs, and how it fails without harm."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.commands import notify
from tests.commands.conftest import Project
from tests.commands.process import running, until
from tests.commands.serving import provider, refusal, serving

TWO = """
  - {id: a, prompt: 一只小猫, seed: 7}
  - {id: b, prompt: a boat, seed: 8}
"""
NOTE = """
import json, os, sys
names = [name for name in os.environ if name.startswith("VIDU_") or "KEY" in name]
found = {"stdin": json.load(sys.stdin), "environ": {name: os.environ[name] for name in names}}
with open("note.json", "w", encoding="utf-8") as file:
    json.dump(found, file)
"""
AT_ONCE = ("--notify-after", "0")


def command(project: Project, text: str = NOTE) -> str:
    """A command that writes down what it gets."""
    return f"{sys.executable} '{project.write(text, 'tell me.py')}'"


def note(project: Project) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((project.folder / "note.json").read_bytes())
    return value


def test_the_command_gets_the_summary(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("spring.yaml", *AT_ONCE, "--notify", command(online))
    assert (ran.code, "warning" in ran.err) == (0, False)
    found = note(online)
    (manifest,) = found["stdin"].pop("manifests")
    assert found["stdin"].pop("seconds") >= 0
    text = found["stdin"]["summary"]
    assert text.startswith("spring.yaml: 2 done | 12 credits | ")
    assert found["stdin"] == {"exit_code": 0, "summary": text, "error": None, "emulated": False}
    assert (manifest["manifest"], manifest["results"]) == ("spring.yaml", "spring.results.yaml")
    assert (manifest["totals"]["succeeded"], manifest["cost"]) == (2, {"credits": 12})
    assert found["environ"]["VIDU_RUN_EXIT"] == "0"
    assert found["environ"]["VIDU_RUN_MANIFEST"] == "spring.yaml"
    assert found["environ"]["VIDU_RUN_SUMMARY"] == text


def test_the_fields_are_those_of_the_documentation(project: Project) -> None:
    text = (Path(__file__).parents[2] / "docs/notify.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    documented = json.loads(example)
    project.jobs(TWO)

    async def refused(*_: object) -> Any:
        return refusal(400, "TaskPromptPolicyViolation")

    with provider(project, refused):
        project.run("spring.yaml", *AT_ONCE, "--notify", command(project))
    sent = note(project)["stdin"]
    assert list(sent) == list(documented)
    for found, expected in zip(sent["manifests"], documented["manifests"], strict=True):
        assert list(found) == list(expected)
        assert list(found["totals"]) == list(expected["totals"])
        assert list(found["without_result"][0]) == list(expected["without_result"][0])


def test_jobs_without_a_result_are_listed_by_cause(project: Project) -> None:
    project.jobs(TWO)

    async def refused(*_: object) -> Any:
        return refusal(400, "TaskPromptPolicyViolation")

    with provider(project, refused):
        ran = project.run("spring.yaml", *AT_ONCE, "--notify", command(project))
    (manifest,) = note(project)["stdin"]["manifests"]
    assert (ran.code, note(project)["environ"]["VIDU_RUN_EXIT"]) == (1, "1")
    (group,) = manifest["without_result"]
    assert (group["state"], group["jobs"], group["first"]) == ("failed", 2, ["a", "b"])
    assert group["cause"][0].startswith("TaskPromptPolicyViolation")


def test_no_key_reaches_the_command(online: Project) -> None:
    online.jobs(TWO)
    online.env |= {
        "GATEWAY_KEY": "other",
        "COPY_OF_IT": "secret-key-7351",
        "VIDU_RUN_TRUST": "gateway.example.com=GATEWAY_KEY",
        "MY_KEYBOARD": "kept",
    }
    online.run("spring.yaml", *AT_ONCE, "--notify", command(online))
    environ = note(online)["environ"]
    keys = {"VIDU_API_KEY", "MODELVERSE_API_KEY", "GATEWAY_KEY", "COPY_OF_IT"}
    assert not keys & environ.keys()
    assert environ["MY_KEYBOARD"] == "kept"
    assert "secret-key-7351" not in json.dumps(note(online))


def test_two_manifests_are_one_notification(online: Project) -> None:
    online.jobs(TWO)
    online.jobs(TWO, "夏.yaml")
    online.run("spring.yaml", "夏.yaml", *AT_ONCE, "--notify", command(online))
    found = note(online)
    assert [each["manifest"] for each in found["stdin"]["manifests"]] == ["spring.yaml", "夏.yaml"]
    assert found["environ"]["VIDU_RUN_MANIFEST"] == "spring.yaml\n夏.yaml"
    assert [text in found["stdin"]["summary"] for text in ("; 夏", "2 reused")] == [True, True]


def test_short_runs_stay_quiet(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml", "--notify", command(online)).code == 0
    assert not (online.folder / "note.json").exists()


def test_the_manifest_may_say_after_how_long(online: Project) -> None:
    text = online.jobs(TWO).read_text(encoding="utf-8")
    online.write(f"run: {{notify_after: 0}}\n{text}")
    online.run("spring.yaml", "--notify", command(online))
    assert note(online)["stdin"]["exit_code"] == 0


def test_a_variable_names_the_command_too(online: Project) -> None:
    online.jobs(TWO)
    online.env |= {"VIDU_RUN_NOTIFY": command(online), "VIDU_RUN_NOTIFY_AFTER": "0s"}
    online.run("spring.yaml")
    assert note(online)["stdin"]["exit_code"] == 0


def test_a_manifest_must_not_name_a_command(online: Project) -> None:
    online.write("version: 1\nrun: {notify: touch owned}\njobs: [{id: a, prompt: x}]\n")
    ran = online.run("spring.yaml", *AT_ONCE)
    assert ran.code == 3
    assert 'unknown key "notify" in run' in ran.err
    assert "must not start programs: use --notify COMMAND or VIDU_RUN_NOTIFY" in ran.err
    assert not (online.folder / "owned").exists()


def test_an_error_that_ends_the_run_is_reported(online: Project) -> None:
    online.jobs("\n  - {id: a, prompt: x, aspect_ratio: '7:1'}\n")
    assert online.run("spring.yaml", *AT_ONCE, "--notify", command(online)).code == 3
    assert note(online)["stdin"]["exit_code"] == 3
    assert "aspect_ratio" in note(online)["stdin"]["error"]


def test_an_interrupted_run_is_reported(project: Project) -> None:
    project.jobs(TWO)
    with serving(project):
        arguments = ("spring.yaml", *AT_ONCE, "--notify", command(project))
        with running(project, *arguments) as process:
            until((project.folder / ".vidu-run/ledger.sqlite3-wal").exists)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
    assert note(project)["environ"]["VIDU_RUN_EXIT"] == "130"


# ---------------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("gone-program --now", "cannot be started: No such file or directory"),
        ("sh -c 'echo one; echo no network >&2; exit 3'", "exit code 3: no network"),
        ("false", "exit code 1"),
        ("sh -c 'kill -9 $$'", "exit code -9"),
    ],
)
def test_a_command_that_fails_is_a_warning(online: Project, text: str, problem: str) -> None:
    online.jobs(TWO)
    ran = online.run("spring.yaml", *AT_ONCE, "--notify", text)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[-1] == f"warning: --notify {text}: {problem}"


def test_a_command_that_does_not_end_is_ended(
    online: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "LIMIT_S", 0.3)
    online.jobs(TWO)
    script = "sh -c 'echo $$ > pid; sleep 60; touch late'"
    ran = online.run("spring.yaml", *AT_ONCE, "--notify", script)
    assert ran.code == 0
    assert "had not come to an end" in ran.err
    with pytest.raises(ProcessLookupError):
        os.kill(int((online.folder / "pid").read_text()), 0)


def test_a_command_that_leaves_a_child_behind_holds_nobody_up(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("spring.yaml", *AT_ONCE, "--notify", "sh -c 'sleep 5 & true'")
    assert (ran.code, "warning" in ran.err) == (0, False)


@pytest.mark.parametrize(
    ("text", "words"), [("echo 'x", "no closing quotation"), (" ", "no command")]
)
def test_a_command_that_cannot_be_read_is_refused_at_once(
    online: Project, text: str, words: str
) -> None:
    online.jobs(TWO)
    ran = online.run("spring.yaml", "--notify", text)
    assert (ran.code, words in ran.err) == (2, True)
    assert not (online.folder / "spring.results.yaml").exists()


def test_no_shell_expands_the_command(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml", *AT_ONCE, "--notify", "touch $HOME;x *")
    assert {"$HOME;x", "*"} <= {path.name for path in online.folder.iterdir()}
