from __future__ import annotations

from collections.abc import Callable

from runner.expansion.expand import Expansion
from tests.builders import drafts_by_id, hints, reported

Expand = Callable[..., Expansion]


def test_variables_may_use_each_other_in_any_order(expanded: Expand) -> None:
    jobs = """
vars: {a: "${{ vars.b }} x", b: "${{ vars.c }}", c: 5}
jobs: [{id: j, prompt: "${{ vars.a }}", seed: "${{ vars.b }}"}]
"""
    assert drafts_by_id(expanded(jobs))["j"].parameters == {
        "model": "viduq2",
        "prompt": "5 x",
        "seed": 5,
    }


def test_a_variable_with_an_error_is_reported_once(expanded: Expand) -> None:
    found = expanded("""vars: {a: "${{ vars.b }}", b: "${{ env.NO }}"}
jobs:
  - {id: one, prompt: "${{ vars.a }}"}
  - {id: two, matrix: {x: ["${{ vars.b }}"]}}
  - {id: "${{ vars.a }}"}
""")
    assert reported(found) == ["3:36 env is empty"]
    assert found.drafts == []


def test_a_cycle_of_variables_is_reported_with_its_members(expanded: Expand) -> None:
    found = expanded("""vars:
  a: ${{ vars.b }}
  b: ${{ vars.a }}
  c: ${{ vars.a }}
jobs: [{id: j, prompt: "${{ vars.c }}"}]
""")
    assert reported(found) == ["4:6 variables need each other in a circle: a -> b -> a"]


def test_expressions_cannot_read_an_api_key(expanded: Expand) -> None:
    found = expanded(
        """env: [VIDU_API_KEY, GATEWAY, FINE]
providers: {vidu: {api_key_env: GATEWAY}}
jobs: [{id: j, prompt: "${{ env.GATEWAY }}"}, {id: k, prompt: "${{ env.FINE }}"}]
""",
        env={"VIDU_API_KEY": "s", "GATEWAY": "s", "FINE": "f"},
    )
    assert reported(found) == ['5:29 env has no "GATEWAY"']
    assert hints(found) == ["known: FINE"]
    assert found.drafts[0].parameters["prompt"] == "f"


def test_an_environment_variable_that_is_not_text_is_absent(expanded: Expand) -> None:
    jobs = 'env: [RAW]\njobs: [{id: j, prompt: "${{ env.RAW }}"}]'
    assert reported(expanded(jobs, env={"RAW": "\udcff"})) == ["4:29 env is empty"]


def test_a_listed_variable_that_is_not_set_has_its_own_error(expanded: Expand) -> None:
    found = expanded("""env: [NOPE, OTHER]
jobs:
  - {id: a, prompt: "${{ env.NOPE }}"}
  - {id: b, prompt: "${{ env.OTHER | default('x') }}"}
""")
    assert reported(found) == ["5:26 the environment has no NOPE"]
    assert hints(found) == ['set it, or write ${{ env.NOPE | default("...") }}']
    assert found.drafts[0].parameters["prompt"] == "x"
