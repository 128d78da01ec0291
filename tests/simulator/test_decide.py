"""Mischief is a pure function of plan, subject and dice: so it can be repeated, and counted."""

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from middleware.simulator import PRESETS, Fault, Plan, Rule
from middleware.simulator.mischief import REST_SLOTS, WEBHOOK_SLOTS, Mischief, Slot, decide
from middleware.simulator.mischief_plans import read_plan, show

DOCUMENT = Path(__file__).parents[2] / "docs" / "mischief.md"
SUBJECTS = st.lists(st.sampled_from(["POST /v1/Channels", "GET /v1/FlexFlows"]), max_size=30)
RULES = st.builds(
    Rule,
    fault=st.sampled_from(list(Fault)),
    chance=st.floats(0, 1),
    route=st.sampled_from(["", "^GET", "Channels$"]),
    count=st.none() | st.integers(0, 3),
)
PLANS = st.builds(Plan, rules=st.lists(RULES, max_size=8).map(tuple), seed=st.integers())


@given(PLANS, SUBJECTS)
def test_the_same_seed_makes_the_same_mischief(plan: Plan, subjects: list[str]) -> None:
    """A failure found by chance can be looked at again."""
    one, other = Mischief(plan), Mischief(plan)

    assert [one.befall_request(s) for s in subjects] == [other.befall_request(s) for s in subjects]
    assert one.made == other.made


@given(PLANS, SUBJECTS)
def test_a_rule_strikes_as_often_as_it_may_and_no_oftener(plan: Plan, subjects: list[str]) -> None:
    """Counts hold whatever the dice say, and a rule of one side never strikes on the other."""
    mischief = Mischief(plan)
    for subject in subjects:
        mischief.befall_request(subject)
    for rule, made in zip(plan.rules, mischief.made, strict=True):
        assert made <= (len(subjects) if rule.count is None else rule.count)
        assert made == 0 or rule.fault in REST_SLOTS


def test_the_first_of_those_that_exclude_one_another_strikes() -> None:
    """The order of a plan means something."""
    plan = Plan(rules=(Rule(fault=Fault.LATE), Rule(fault=Fault.TOO_MANY), Rule(fault=Fault.RESET_AFTER)))
    fate = decide(plan, REST_SLOTS, "GET /", made=[0, 0, 0], dice=random.Random(1))  # noqa: S311 - dice for play

    assert {Slot.PACE: Fault.LATE, Slot.OUTCOME: Fault.TOO_MANY} == {k: hit.rule.fault for k, hit in fate.items()}


def test_chances_are_kept() -> None:
    """One in four is one in four."""
    mischief = Mischief(Plan(rules=(Rule(fault=Fault.LATE, chance=0.25),), seed=1))
    for _ in range(4000):
        mischief.befall_request("GET /")

    assert 900 < mischief.made[0] < 1100


def test_every_fault_belongs_to_one_side() -> None:
    """A fault that nobody draws would be a lie in the list."""
    assert set(Fault) == set(REST_SLOTS) | set(WEBHOOK_SLOTS)
    assert set() == set(REST_SLOTS) & set(WEBHOOK_SLOTS)


@given(PLANS)
def test_what_is_shown_can_be_sent_again(plan: Plan) -> None:
    """A plan read from the desk is a plan for the next time."""
    shown = show(Mischief(plan))
    rules = [{name: value for name, value in rule.items() if name != "made"} for rule in shown["rules"]]

    assert plan == read_plan({"rules": rules, "seed": shown["seed"]})


def test_the_document_names_every_fault_measure_and_preset() -> None:
    """A page that is not held to the code grows old alone."""
    text = DOCUMENT.read_text()

    assert [] == [fault for fault in Fault if f"| `{fault}` |" not in text]
    assert [] == [name for name in Rule.__dataclass_fields__ if f"| `{name}` |" not in text]
    assert [] == [preset for preset in PRESETS if f"`{preset}`" not in text]
