"""What an editor offers while a manifest is written."""

from __future__ import annotations

import pytest
import yaml

from runner.documents.files import load
from runner.operations import load_operations
from tests.editors.language_server import LanguageServer
from tests.editors.manifests import HEAD, IMAGE, VIDEO, job, manifest

OWN_KEYS = {"matrix", "foreach", "takes", "tags", "description"}


def values_of(operation: str, parameter: str) -> set[str]:
    values = load_operations()[operation].schema["properties"][parameter]["enum"]
    return {*map(str, values)}


def test_the_keys_of_a_manifest_are_offered(server: LanguageServer) -> None:
    offered = server.complete(f"{HEAD}█\n")
    assert {"name", "vars", "defaults", "run", "providers", "env", "jobs"} <= offered.keys()
    assert "version" not in offered, "it is there already"


def test_the_operations_are_offered(server: LanguageServer) -> None:
    offered = server.complete(job(operation="█"))
    assert offered.keys() == load_operations().keys()


@pytest.mark.parametrize("operation", [IMAGE, VIDEO])
def test_the_models_of_one_operation_are_offered(server: LanguageServer, operation: str) -> None:
    offered = server.complete(job("model: █", operation=operation))
    assert offered.keys() == values_of(operation, "model")


@pytest.mark.parametrize("operation", [IMAGE, VIDEO])
def test_values_are_those_of_the_operation(server: LanguageServer, operation: str) -> None:
    offered = server.complete(job("resolution: █", operation=operation))
    assert offered.keys() == values_of(operation, "resolution")
    assert ("540p" in offered) == (operation == VIDEO)


def test_values_are_those_of_the_default_operation(server: LanguageServer) -> None:
    keys = f"defaults: {{operation: {IMAGE}}}\njobs:\n  - id: a\n    resolution: █"
    offered = server.complete(manifest(keys))
    assert offered.keys() == values_of(IMAGE, "resolution")


def test_a_job_gets_the_keys_of_its_operation(server: LanguageServer) -> None:
    offered = server.complete(job("█"))
    assert {"model", "prompt", "images", "resolution"} | OWN_KEYS <= offered.keys()
    assert not {"duration", "bgm", "id", "operation"} & offered.keys()


def test_a_new_job_gets_the_keys_that_every_job_has(server: LanguageServer) -> None:
    offered = server.complete(manifest("jobs:\n  - █"))
    assert {"id", "operation"} | OWN_KEYS <= offered.keys()
    assert not {"duration", "model"} & offered.keys(), "they depend on the operation"


def test_a_whole_job_that_is_inserted_is_a_job(server: LanguageServer) -> None:
    inserted = server.complete(manifest("jobs:\n  - █"))["image"]
    keys = yaml.safe_load(inserted.replace("$1", "a").replace("$2", "a cat").replace("\n  ", "\n"))
    assert keys == {"id": "a", "operation": IMAGE, "model": "viduq2", "prompt": "a cat"}


def test_the_settings_of_a_run_are_offered(server: LanguageServer) -> None:
    offered = server.complete(manifest("run:\n  █"))
    assert {"budget", "concurrency", "timeout", "outputs", "on_ambiguous"} <= offered.keys()
    assert server.complete(manifest("run:\n  on_ambiguous: █")).keys() == {"ask", "resubmit"}


@pytest.mark.parametrize(
    ("operation", "parameter"), [(IMAGE, "aspect_ratio"), ("modelverse/kling-v3", "sound")]
)
def test_what_is_inserted_is_read_as_the_value(
    server: LanguageServer, operation: str, parameter: str
) -> None:
    # Without quotes 16:9 is a number in YAML 1.1, and `off` is false.
    offered = server.complete(job(f"{parameter}: █", operation=operation))
    assert offered.keys() == values_of(operation, parameter)
    assert all(load(f"a: {inserted}") == {"a": label} for label, inserted in offered.items())


@pytest.mark.parametrize("key", ["takes: █", "resolution: █", "seed: █", "matrix: █"])
def test_null_is_not_offered_in_a_job(server: LanguageServer, key: str) -> None:
    assert "null" not in server.complete(job(key))
