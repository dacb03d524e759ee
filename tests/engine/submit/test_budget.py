"""The budget: its ceiling holds in any order of events; unknown prices run one at a time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runner.engine.submit.budget import Admission, Budget, Order, order_of
from runner.model.jobs import Draft, Job
from runner.model.operations import Amount, Unit
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.operations import load_operations
from runner.planning.estimates import kind_of
from runner.providers.registry import PROVIDERS

NOW, WAIT = Admission.NOW, Admission.WAIT
CEILING, UNPRICED = Admission.CEILING, Admission.UNPRICED


def credits_(value: int | str) -> Amount:
    return Amount(unit="credits", value=Decimal(value))


def order(
    job: str = "a",
    price: int | None = 6,
    *,
    reports_price: bool = True,
    kind: str = "2K",
    unit: Unit = "credits",
) -> Order:
    estimate = None if price is None else Amount(unit=unit, value=Decimal(price))
    return Order(job=job, unit=unit, kind=kind, estimate=estimate, reports_price=reports_price)


def budget(ceiling: int, spent: int = 0) -> Budget:
    return Budget({"credits": Decimal(ceiling)}, {"credits": Decimal(spent)})


def test_what_fits_is_reserved_to_the_last_credit() -> None:
    of = budget(12)
    assert [of.admit(order(job)) for job in "ab"] == [NOW, NOW]
    assert [of.spent("credits"), of.reserved("credits")] == [Decimal(0), Decimal(12)]


def test_what_was_spent_before_counts() -> None:
    assert budget(12, spent=7).admit(order()) is CEILING


def test_a_unit_without_a_ceiling_has_none() -> None:
    of = budget(0)
    assert of.admit(order(unit="cny")) is NOW
    assert of.admit(order(price=None, reports_price=False, unit="cny")) is NOW


def test_at_the_ceiling_a_job_waits_for_a_release() -> None:
    of = budget(10)
    assert (of.admit(order("a")), of.admit(order("b"))) == (NOW, WAIT)
    of.settle("a", None, kept=False)
    assert of.admit(order("b")) is NOW


def test_at_the_ceiling_a_job_that_cannot_fit_is_refused() -> None:
    of = budget(10, spent=5)
    assert of.admit(order("a", 3)) is NOW
    assert of.admit(order("b", 6)) is CEILING


def test_the_actual_price_replaces_the_estimate() -> None:
    of = budget(12)
    of.admit(order("a"))
    of.settle("a", credits_(8), kept=True)
    assert [of.spent("credits"), of.reserved("credits")] == [Decimal(8), Decimal(0)]
    assert of.admit(order("b")) is CEILING


def test_a_price_of_a_running_task_counts_at_once() -> None:
    of = budget(100)
    of.admit(order("a"))
    of.price("a", credits_(8))
    assert of.reserved("credits") == 8
    of.settle("a", None, kept=False)
    assert of.total("credits") == 0


def test_a_reported_price_counts_when_the_end_has_none() -> None:
    of = budget(100)
    of.admit(order("a"))
    of.price("a", credits_(8))
    of.settle("a", None, kept=True)
    assert of.spent("credits") == 8


def test_without_a_reported_price_the_estimate_counts() -> None:
    of = Budget({"cny": Decimal(2)}, {})
    of.admit(order("a", 1, unit="cny", reports_price=False))
    of.settle("a", None, kept=True)
    assert of.spent("cny") == 1


def test_a_dearer_job_makes_its_kind_dearer() -> None:
    of = budget(15)
    of.admit(order("a", 6))
    of.settle("a", credits_(8), kept=True)
    assert of.admit(order("b", 6)) is CEILING
    assert of.admit(order("c", 6, kind="1080p")) is NOW


def test_unknown_prices_run_one_at_a_time() -> None:
    of = budget(100)
    assert [of.admit(order(job, None)) for job in "ab"] == [NOW, WAIT]
    assert of.admit(order("known", 6)) is NOW
    of.price("a", credits_(9))
    assert [of.admit(order(job, None)) for job in "bcd"] == [NOW, NOW, NOW]
    assert of.reserved("credits") == 9 * 4 + 6


def test_a_price_of_one_kind_is_unknown_for_another() -> None:
    of = budget(100)
    of.admit(order("a", None))
    of.settle("a", credits_(9), kept=True)
    assert of.admit(order("b", None, kind="4K")) is NOW
    assert of.admit(order("c", None, kind="8K")) is WAIT


def test_an_unpaid_unknown_price_lets_the_next_start() -> None:
    of = budget(100)
    of.admit(order("a", None))
    of.settle("a", None, kept=False)
    assert of.admit(order("b", None)) is NOW


def test_an_unknown_price_needs_some_room() -> None:
    assert budget(10, spent=10).admit(order("a", None)) is CEILING
    of = budget(10)
    of.admit(order("a", 10))
    assert of.admit(order("b", None)) is WAIT
    of.settle("a", None, kept=True)
    assert of.admit(order("b", None)) is CEILING


def test_without_reported_prices_unknown_ones_are_refused() -> None:
    assert budget(100).admit(order(price=None, reports_price=False)) is UNPRICED


def test_after_an_unknown_cost_unknown_prices_are_refused() -> None:
    of = budget(100)
    of.admit(order("a", None))
    of.settle("a", None, kept=True)
    assert of.admit(order("b", None)) is UNPRICED
    assert of.admit(order("c", 6)) is NOW
    earlier = Budget({"credits": Decimal(100)}, {}, unpriced={"credits"})
    assert earlier.admit(order("a", None)) is UNPRICED


def test_a_price_of_zero_counts_only_at_the_end() -> None:
    of = budget(100)
    of.admit(order("a", None))
    of.price("a", credits_(0))
    assert of.admit(order("b", None)) is WAIT
    of.settle("a", credits_(0), kept=True)
    assert of.spent("credits") == 0
    assert [of.admit(order(job, None)) for job in "bc"] == [NOW, WAIT]


def test_negative_and_foreign_prices_are_ignored() -> None:
    of = budget(100)
    of.admit(order("a", 6))
    of.settle("a", credits_(-5), kept=True)
    of.admit(order("b", 6))
    of.settle("b", Amount(unit="cny", value=Decimal(1)), kept=True)
    assert of.total("credits") == 12


def test_a_job_is_reserved_once_and_settled_once() -> None:
    of = budget(6)
    assert [of.admit(order("a")), of.admit(order("a"))] == [NOW, NOW]
    of.settle("a", None, kept=True)
    of.settle("a", None, kept=True)
    of.price("a", credits_(50))
    assert of.total("credits") == 6


def test_what_other_runs_spend_meanwhile_counts() -> None:
    of = budget(20)
    of.admit(order("a"))
    of.spent_by_others = {"credits": Decimal(10)}
    assert of.admit(order("b")) is WAIT
    of.settle("a", None, kept=True)
    assert of.admit(order("b")) is CEILING


def test_a_reservation_has_headroom_for_other_runs() -> None:
    ours = budget(20, spent=99)
    assert ours.headroom("a", {}) is None
    ours.spent_by_others = {}
    for name in ("a", "b"):
        assert ours.admit(order(name)) is NOW
    ours.settle("a", credits_(7), kept=True)
    room = ours.headroom("b", {"vidu": "remote"})
    assert room is not None
    assert (room.left, room.amount, room.realms) == (Decimal(13), Decimal(6), {"vidu": "remote"})
    ours.settle("b", None, kept=False)
    assert ours.admit(order("c", None, kind="4K")) is NOW
    unknown = ours.headroom("c", {})
    assert unknown is not None
    assert (unknown.left, unknown.amount) == (Decimal(13), None)


def test_an_unknown_cost_of_another_run_counts_too() -> None:
    ours = budget(20)
    ours.unpriced.add("credits")
    assert ours.admit(order(price=None)) is UNPRICED
    assert ours.admit(order()) is NOW


def test_a_refusal_lists_what_is_spent_and_reserved() -> None:
    of = budget(20, spent=7)
    of.admit(order("a"))
    assert of.refusal(order("b", 8), CEILING) == (
        "the budget of 20 credits is not enough: 7 spent, 6 reserved for running tasks, "
        "about 8 needed for this job"
    )
    assert budget(20, spent=20).refusal(order("b", None), CEILING) == (
        "the budget of 20 credits is reached: 20 spent"
    )


def test_a_refusal_without_a_price_explains_why() -> None:
    unreported = order(price=None, reports_price=False, unit="cny")
    silent = Budget({"cny": Decimal("2.50")}, {}).refusal(unreported, UNPRICED)
    assert silent == (
        "its price is unknown and its provider does not report it, so a budget of 2.5 CNY "
        "could not be kept"
    )
    blind = budget(9).refusal(order(price=None), UNPRICED)
    assert blind == (
        "its price is unknown and so is the cost of an earlier submission, "
        "so a budget of 9 credits could not be kept"
    )


def test_an_entry_of_a_plan_becomes_an_order() -> None:
    operation = load_operations()["modelverse/reference2video"]
    draft = Draft(entry=0, id="a", operation=operation.name, parameters={}, base=Path())
    parameters = {"model": "viduq2", "images": ["u"], "duration": 9}
    job = Job(draft=draft, parameters=parameters, media={}, fingerprint="f")
    entry = PlanEntry(job=job, action=Action.SUBMIT, reason=Reason(ReasonCode.NEW, "new"))
    found = order_of(entry, operation, PROVIDERS["modelverse"])
    assert (found.job, found.unit, found.reports_price, found.estimate) == ("a", "cny", False, None)
    assert found.kind == kind_of(operation, parameters)


class Runs(RuleBasedStateMachine):
    """Jobs start and end in any order; what was really paid is kept in a book of its own."""

    CEILING = Decimal(30)

    def __init__(self) -> None:
        super().__init__()
        self.budget = Budget({"credits": self.CEILING}, {"credits": Decimal(3)})
        self.running: dict[str, int | None] = {}
        self.paid = Decimal(3)
        self.serial = 0
        self.over = Decimal(0)
        """What unknown or wrong prices can have added to the total."""

    @rule(price=st.one_of(st.none(), st.integers(0, 12)), kind=st.sampled_from("xy"))
    def submit(self, price: int | None, kind: str) -> None:
        self.serial += 1
        job = str(self.serial)
        before = self.budget.total("credits")
        answer = self.budget.admit(order(job, price, kind=kind))
        after = self.budget.total("credits")
        if answer is NOW:
            unknown = price is None and after == before
            assert unknown or after <= self.CEILING
            assert price is None or after >= before + price
            self.running[job] = price
        else:
            assert after == before
        if answer is WAIT:
            assert self.running

    @precondition(lambda self: self.running)
    @rule(data=st.data(), real=st.integers(0, 12), kept=st.booleans(), reported=st.booleans())
    def end(self, *, data: st.DataObject, real: int, kept: bool, reported: bool) -> None:
        job = data.draw(st.sampled_from(sorted(self.running)))
        estimate = self.running.pop(job)
        self.budget.settle(job, credits_(real) if reported else None, kept=kept)
        if kept:
            paid = real if reported else estimate
            self.paid += paid or 0
            self.over += max(0, (paid or 0) - (estimate or 0))

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.budget.reserved("credits") >= 0
        assert self.budget.spent("credits") >= self.paid
        if not self.running:
            assert self.budget.reserved("credits") == 0

    @invariant()
    def the_ceiling_holds_except_for_unknown_prices(self) -> None:
        assert self.budget.total("credits") <= self.CEILING + self.over


TestRuns = Runs.TestCase


@given(
    ceiling=st.integers(0, 60),
    prices=st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=30),
    at_once=st.integers(1, 5),
)
def test_known_prices_never_exceed_the_ceiling(
    ceiling: int, prices: list[tuple[int, bool]], at_once: int
) -> None:
    of, running, paid = budget(ceiling), list[tuple[str, int, bool]](), 0
    for number, (price, billed) in enumerate(prices):
        job = str(number)
        while len(running) >= at_once or (answer := of.admit(order(job, price))) is WAIT:
            name, amount, kept = running.pop(0)
            of.settle(name, credits_(amount), kept=kept)
            paid += amount * kept
        if answer is NOW:
            running.append((job, price, billed))
        assert paid + sum(amount for _, amount, _ in running) <= ceiling
