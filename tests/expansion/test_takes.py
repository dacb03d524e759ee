"""Marks decide which takes are made, and which one other jobs start from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import Diagnostic
from runner.expansion.expand import Expansion
from runner.expansion.fingerprints import finalize
from runner.expansion.takes import TakeChoices
from runner.model.jobs import Draft, Job, JobMedia, Media
from runner.model.marks import TakeMarks
from runner.model.names import leaves_at
from runner.model.values import Deferred
from runner.operations import load_operations
from tests.builders import reported

Expand = Callable[..., Expansion]

LOOKS = "jobs: [{id: look, takes: 3, prompt: a cat}]"
ONE = "jobs: [{id: window, prompt: a cat}]"
PICKS = """jobs:
  - {id: look, takes: 2, prompt: a cat}
  - {id: after, prompt: it sits, images: ["${{ jobs.look.picked }}"]}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The jobs of a manifest with marks, and what was decided."""

    jobs: list[Job]
    choices: TakeChoices
    expansion: Expansion

    @property
    def ids(self) -> list[str]:
        return [job.id for job in self.jobs]

    @property
    def fingerprints(self) -> dict[str, str]:
        return {job.id: job.fingerprint for job in self.jobs}

    @property
    def undecided(self) -> list[Diagnostic]:
        return [job.undecided for job in self.jobs if job.undecided]

    @property
    def wrong(self) -> list[Diagnostic]:
        return [*self.choices.missing, *self.choices.wrong(self.expansion.spare)]


def media_of(draft: Draft) -> JobMedia:
    """Every image is a URL, unless another job makes it."""
    return {
        path: image
        if isinstance(image, Deferred)
        else Media(source=image, path=None, sha256=None, media_type=None, size_bytes=None)
        for path, image in leaves_at(draft.parameters, "images")
    }


def made(
    expand: Expand,
    text: str,
    rejected: Mapping[str, str] | None = None,
    picked: Mapping[str, str] | None = None,
) -> Made:
    marks = TakeMarks(source="m.marks.yaml", rejected=rejected or {}, picked=picked or {})
    found = expand(text, rejected=marks.rejected)
    assert reported(found) == []
    choices = TakeChoices(marks, found.sets, found.candidates, found.locate)
    drafts = [draft for draft in found.drafts if not found.spare.get(draft.id)]
    jobs = finalize(drafts, load_operations(), media_of, choices=choices)
    return Made(jobs=jobs, choices=choices, expansion=found)


def rejecting(expand: Expand, text: str, *ids: str) -> Made:
    """Reject these takes with their right fingerprints, one after the other."""
    rejected: dict[str, str] = {}
    for id_ in ids:
        rejected[id_] = made(expand, text, rejected).fingerprints[id_]
    return made(expand, text, rejected)


def told(problems: Iterable[Diagnostic]) -> list[tuple[str | None, str, str | None]]:
    return [(problem.job, problem.message, problem.hint) for problem in problems]


# ------------------------------------------------------------------------------------------- redo


def test_a_rejected_take_is_replaced_by_the_next_number(expanded: Expand) -> None:
    found = rejecting(expanded, LOOKS, "look.2")
    assert found.ids == ["look.1", "look.3", "look.4"]
    assert found.choices.replaced == {"look.4": "look.2"}


def test_a_replacement_is_what_more_takes_would_give(expanded: Expand) -> None:
    found = rejecting(expanded, LOOKS, "look.2", "look.4")
    more = made(expanded, LOOKS.replace("takes: 3", "takes: 5")).fingerprints
    assert found.fingerprints == {id_: more[id_] for id_ in ("look.1", "look.3", "look.5")}


def test_a_replacement_may_be_rejected_in_its_turn(expanded: Expand) -> None:
    found = rejecting(expanded, LOOKS, "look.2", "look.4", "look.5")
    assert found.ids == ["look.1", "look.3", "look.6"]
    assert found.choices.replaced == {"look.4": "look.2", "look.5": "look.4", "look.6": "look.5"}


def test_all_takes_may_be_rejected(expanded: Expand) -> None:
    found = rejecting(expanded, LOOKS, "look.3", "look.1", "look.2")
    assert found.ids == ["look.4", "look.5", "look.6"]
    assert found.choices.replaced == {"look.4": "look.1", "look.5": "look.2", "look.6": "look.3"}


def test_a_job_without_takes_is_replaced_by_take_2(expanded: Expand) -> None:
    found = rejecting(expanded, ONE, "window")
    assert found.ids == ["window.2"]
    more = made(expanded, ONE.replace("prompt", "takes: 2, prompt")).fingerprints
    assert found.fingerprints == {"window.2": more["window.2"]}
    assert rejecting(expanded, ONE, "window", "window.2").ids == ["window.3"]


def test_an_explicit_seed_counts_on(expanded: Expand) -> None:
    found = rejecting(expanded, LOOKS.replace("prompt", "seed: 7, prompt"), "look.1")
    assert [job.parameters["seed"] for job in found.jobs] == [8, 9, 10]


def test_the_take_s_number_may_stand_in_the_prompt(expanded: Expand) -> None:
    found = rejecting(expanded, LOOKS.replace("a cat", "'cat ${{ take }}'"), "look.3")
    assert [job.parameters["prompt"] for job in found.jobs] == ["cat 1", "cat 2", "cat 4"]


def test_each_variant_has_takes_of_its_own(expanded: Expand) -> None:
    text = """jobs:
  - {id: "a-${{ matrix.m }}", matrix: {m: [x, y]}, takes: 2, prompt: "${{ matrix.m }}"}
"""
    found = rejecting(expanded, text, "a-x.1", "a-y.2")
    assert found.ids == ["a-x.2", "a-x.3", "a-y.1", "a-y.3"]


def test_a_mark_of_another_fingerprint_has_no_effect(expanded: Expand) -> None:
    plain = made(expanded, LOOKS)
    found = made(expanded, LOOKS, {"look.2": "0" * 64, "look.9": "0" * 64})
    assert found.fingerprints == plain.fingerprints
    assert (found.wrong, found.choices.replaced) == ([], {})


def test_a_take_that_is_not_needed_is_not_rejected(expanded: Expand) -> None:
    later = rejecting(expanded, LOOKS, "look.2").fingerprints["look.4"]
    assert made(expanded, LOOKS, {"look.4": later}).ids == ["look.1", "look.2", "look.3"]


def test_operations_without_a_seed_have_replacements_too(expanded: Expand) -> None:
    text = """jobs:
  - {id: big, operation: vidu/upscale-new, video_url: https://example.com/a.mp4}
"""
    found = rejecting(expanded, text, "big")
    assert found.ids == ["big.2"]
    assert found.fingerprints["big.2"] != made(expanded, text).fingerprints["big"]


def test_equal_requests_with_seed_0_keep_their_results(expanded: Expand) -> None:
    # The provider draws: such requests are told apart by their order in the manifest.
    text = """jobs:
  - {id: a, takes: 2, seed: 0, prompt: a cat}
  - {id: b, seed: 0, prompt: a cat}
"""
    plain = made(expanded, text).fingerprints
    found = rejecting(expanded, text, "a.1").fingerprints
    assert {id_: found[id_] for id_ in ("a.2", "b")} == {id_: plain[id_] for id_ in ("a.2", "b")}
    assert found["a.3"] not in plain.values()


def test_a_job_may_name_the_replacement(expanded: Expand) -> None:
    text = LOOKS.replace("]", ", {id: b, prompt: b, images: ['${{ jobs[\"look.4\"].output }}']}]")
    found = expanded(text, rejected=["look.2"])
    assert reported(found) == []
    assert [draft.id for draft in found.drafts] == ["look.1", "look.2", "look.3", "look.4", "b"]
    assert reported(expanded(text)) == ['3:73 there is no job "look.4"']


def test_a_replacement_that_is_not_made_cannot_be_named(expanded: Expand) -> None:
    text = LOOKS.replace("]", ", {id: b, prompt: b, images: ['${{ jobs[\"look.4\"].output }}']}]")
    found = made(expanded, text, {"look.2": "0" * 64})
    hint = "it would stand in for a rejected one of look.1, look.2, look.3"
    assert told(found.wrong) == [("b", 'there is no job "look.4"', hint)]


USES = """jobs:
  - {id: look, takes: 2, prompt: a cat}
  - {id: b, prompt: b, images: ["${{ jobs['look.2'].output }}"]}
"""


def test_a_job_that_uses_a_rejected_take_is_undecided(expanded: Expand) -> None:
    found = rejecting(expanded, USES, "look.2", "look.3")
    hint = "look.4 stands in for it: write jobs['look.4'], or jobs['look'].picked"
    assert told(found.undecided) == [
        ("b", 'it uses "look.2", which is rejected in m.marks.yaml', hint)
    ]
    # It is still the request it was: what was paid for is not paid for again.
    assert found.fingerprints["b"] == made(expanded, USES).fingerprints["b"]


def test_an_id_that_is_taken_is_an_error_only_if_needed(expanded: Expand) -> None:
    text = LOOKS.replace("]", ", {id: Look.4, prompt: b}]")
    message = (
        '"look.4", which is to replace a rejected take, is the id of another job as "Look.4"'
        " (ids must differ in more than case)"
    )
    assert told(rejecting(expanded, text, "look.2").wrong) == [("look.1", message, None)]
    assert made(expanded, text, {"look.2": "0" * 64}).wrong == []
    assert made(expanded, text, {"look.2": "0" * 64}).ids[-1] == "Look.4"


def test_a_seed_of_another_job_cannot_be_counted_on(expanded: Expand) -> None:
    text = """jobs:
  - {id: a, prompt: a cat}
  - {id: b, prompt: b, seed: "${{ jobs.a.seed }}"}
"""
    (problem,) = rejecting(expanded, text, "b").wrong
    assert problem.message == "takes cannot count on from another job's seed"
    assert made(expanded, text, {"b": "0" * 64}).wrong == []


# ---------------------------------------------------------------------------------------- property


@pytest.fixture
def four(expanded: Expand) -> Callable[[Mapping[str, str]], Made]:
    text = "jobs: [{id: a, takes: 4, prompt: a cat}, {id: b, prompt: a dog}]"
    return lambda rejected: made(expanded, text, rejected)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sets(st.integers(0, 4), max_size=4), max_size=4), st.randoms())
def test_the_number_of_living_takes_never_changes(
    four: Callable[[Mapping[str, str]], Made], rounds: Sequence[set[int]], random: object
) -> None:
    rejected: dict[str, str] = {}
    requests: dict[str, str] = {}
    for places in rounds:
        found = four(rejected)
        assert requests | found.fingerprints == found.fingerprints | requests  # the same every time
        requests |= found.fingerprints
        rejected |= {found.ids[place]: found.jobs[place].fingerprint for place in places}
        now = four(rejected)
        marks = list(rejected.items())
        random.shuffle(marks)  # type: ignore[attr-defined]
        assert [job.id for job in four(dict(marks)).jobs] == now.ids
        assert len(set(now.ids)) == len(now.ids) == 5
        assert len(set(now.fingerprints.values())) == 5
        assert rejected.keys().isdisjoint(now.ids)
        assert set(now.choices.replaced.values()) == set(rejected)


# ----------------------------------------------------------------------------------------- picked


def test_a_picked_take_is_as_if_it_were_named(expanded: Expand) -> None:
    looks = made(expanded, PICKS).fingerprints
    found = made(expanded, PICKS, picked={"look.2": looks["look.2"]})
    named = made(expanded, PICKS.replace("jobs.look.picked", "jobs['look.2'].output"))
    assert found.fingerprints == named.fingerprints
    (after,) = (job for job in found.jobs if job.id == "after")
    (same,) = (job for job in named.jobs if job.id == "after")
    assert after == same


def test_without_a_pick_the_choices_are_named(expanded: Expand) -> None:
    found = made(expanded, PICKS)
    hint = "mark one of them as picked in m.marks.yaml; --select 'look.*' makes them first"
    assert told(found.undecided) == [
        ("after", 'no take of "look" is picked (look.1, look.2)', hint)
    ]
    assert [str(problem.location) for problem in found.undecided] == ["m.yaml:5:43"]


def test_two_picks_are_as_good_as_none(expanded: Expand) -> None:
    looks = made(expanded, PICKS).fingerprints
    found = made(expanded, PICKS, picked={id_: looks[id_] for id_ in ("look.1", "look.2")})
    assert told(found.undecided) == [
        (
            "after",
            '2 takes of "look" are picked (look.1, look.2)',
            "leave one of them picked in m.marks.yaml",
        )
    ]


def test_a_pick_of_another_fingerprint_does_not_count(expanded: Expand) -> None:
    found = made(expanded, PICKS, picked={"look.2": "0" * 64})
    assert [problem.message for problem in found.undecided] == [
        'no take of "look" is picked (look.1, look.2)'
    ]


def test_a_replacement_may_be_picked(expanded: Expand) -> None:
    looks = rejecting(expanded, PICKS, "look.1")
    assert [problem.message for problem in looks.undecided] == [
        'no take of "look" is picked (look.2, look.3)'
    ]
    rejected = {"look.1": made(expanded, PICKS).fingerprints["look.1"]}
    found = made(expanded, PICKS, rejected, {"look.3": looks.fingerprints["look.3"]})
    assert found.undecided == []
    assert [job.draft.needs for job in found.jobs] == [(), (), ("look.3",)]


def test_a_job_without_takes_may_be_picked(expanded: Expand) -> None:
    text = PICKS.replace("takes: 2, ", "")
    look = made(expanded, text).fingerprints["look"]
    found = made(expanded, text, picked={"look": look})
    named = made(expanded, text.replace("picked", "output"))
    assert found.fingerprints == named.fingerprints


def test_what_follows_an_undecided_job_needs_it(expanded: Expand) -> None:
    text = PICKS + '  - {id: last, prompt: last, images: ["${{ jobs.after.output }}"]}\n'
    found = made(expanded, text)
    assert [job.draft.needs for job in found.jobs][2:] == [("look.1", "look.2"), ("after",)]


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("luok", 'there is no job "luok"', 'did you mean "look"?'),
        (
            "look.2",
            '"look.2" is one take, of which nothing can be picked',
            "write jobs['look'].picked for one of its takes, or .output for this one",
        ),
    ],
)
def test_only_an_entry_may_be_picked_from(
    expanded: Expand, name: str, message: str, hint: str
) -> None:
    found = expanded(PICKS.replace("jobs.look.picked", f"jobs['{name}'].picked"))
    assert [(problem.message, problem.hint) for problem in found.diagnostics] == [(message, hint)]


def test_a_job_cannot_pick_from_its_own_takes(expanded: Expand) -> None:
    text = 'jobs: [{id: a, takes: 2, prompt: b, images: ["${{ jobs.a.picked }}"]}]'
    assert reported(expanded(text))[0] == "3:46 the job needs its own output"


def test_a_ring_through_a_pick_is_an_error(expanded: Expand) -> None:
    text = """jobs:
  - {id: a, takes: 2, prompt: b, images: ["${{ jobs.b.output }}"]}
  - {id: b, prompt: b, images: ["${{ jobs.a.picked }}"]}
"""
    found = [each.partition(" ")[2] for each in reported(expanded(text))]
    assert found[0] == "jobs wait for each other in a circle: a.1 -> b -> a.1"


def test_nothing_is_looked_up_where_nothing_is_picked(expanded: Expand) -> None:
    assert expanded(USES).candidates == {}


def test_a_matrix_may_name_what_it_picks_from(expanded: Expand) -> None:
    text = """jobs:
  - {id: "look-${{ matrix.m }}", matrix: {m: [x, 水墨]}, takes: 2, prompt: "${{ matrix.m }}"}
  - id: after-${{ matrix.m }}
    matrix: {m: [x, 水墨]}
    prompt: ${{ matrix.m }}
    images: ["${{ jobs['look-${{ matrix.m }}'].picked }}"]
"""
    looks = made(expanded, text).fingerprints
    found = made(expanded, text, picked={id_: looks[id_] for id_ in ("look-x.2", "look-水墨.1")})
    needs = {job.id: job.draft.needs for job in found.jobs}
    assert (needs["after-x"], needs["after-水墨"]) == (("look-x.2",), ("look-水墨.1",))


def test_takes_that_wait_for_their_own_replacement_are_a_ring(expanded: Expand) -> None:
    text = """jobs:
  - {id: a, takes: 2, prompt: b, images: ["${{ jobs['b-${{ take }}'].output }}"]}
  - {id: b-1, prompt: b, images: ["${{ jobs['a.3'].output }}"]}
  - {id: b-2, prompt: b}
  - {id: b-3, prompt: b}
"""
    assert reported(expanded(text, rejected=["a.2"])) == [
        "4:43 jobs wait for each other in a circle: a.1 -> b-1 -> a.3 -> a.1"
    ]
