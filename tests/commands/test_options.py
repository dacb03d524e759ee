"""Flags and manifests that contradict each other."""

from __future__ import annotations

from tests.commands.conftest import Project

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def test_one_results_manifest_cannot_hold_two_manifests(project: Project) -> None:
    project.jobs(TWO)
    project.jobs(TWO, "autumn.yaml")
    ran = project.run("spring.yaml", "autumn.yaml", "-o", "all.yaml")
    assert ran.code == 2
    assert "-o" in ran.err
