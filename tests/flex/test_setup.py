"""The plan turns what is into what is wanted, and does nothing else."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.flex.setup import Change, Create, Found, Kind, Parameters, Plan, SetupImpossible, Value, diff, same
from middleware.flex.setup_wanted import ChatService, External, Flow, Integration, Studio, Task

SERVICE = "IS" + "1" * 32
STUDIO = Studio("FW" + "2" * 32)
TASK = Task(workspace_sid="WS" + "3" * 32, workflow_sid="WW" + "4" * 32)
INTEGRATIONS: list[Integration] = [
    STUDIO,
    TASK,
    replace(TASK, priority=5, timeout=60, channel="chat", creation_on_message=True),
    External("https://bot.example.com/chats", retry_count=0),
]
FLOW = Flow(chat_service_sid=SERVICE, integration=STUDIO)


def found_flow(sid: str, **parameters: object) -> Found:
    as_it_should_be = {**FLOW.at_first(), **parameters}
    return Found(kind=Kind.FLOW, sid=sid, parameters=as_it_should_be)  # type: ignore[arg-type]


def parameters() -> st.SearchStrategy[Parameters]:
    """Those of a flow in any state, as Twilio may tell it: text for numbers, gaps for what was never set."""
    flag = st.sampled_from([True, False, None, "true", "false"])
    names = {
        "friendly_name": st.sampled_from(["Website chat", "Other", None]),
        "channel_type": st.sampled_from(["custom", "sms", "web"]),
        "chat_service_sid": st.sampled_from([SERVICE, "IS" + "9" * 32]),
        "contact_identity": st.sampled_from(["website", None]),
        "enabled": flag,
        "janitor_enabled": flag,
        "long_lived": flag,
    }
    integrations = st.sampled_from([integration.parameters() for integration in INTEGRATIONS] + [{}])
    return st.builds(lambda told, more: {**told, **more}, st.fixed_dictionaries(names), integrations)


ACCOUNTS = st.lists(parameters(), max_size=5).map(
    lambda told: [Found(kind=Kind.FLOW, sid=f"FO{number}", parameters=one) for number, one in enumerate(told)]
)
WANTED = st.builds(
    Flow,
    chat_service_sid=st.just(SERVICE),
    friendly_name=st.sampled_from([None, "Website chat", "New"]),
    contact_identity=st.sampled_from([None, "shop"]),
    integration=st.sampled_from(INTEGRATIONS),
    janitor_enabled=st.booleans(),
    long_lived=st.booleans(),
)


def after(plan: Plan, actual: Sequence[Found]) -> list[Found]:
    """The account as it is once the plan is done."""
    account = {found.sid: found for found in actual}
    for step in plan.steps:
        match step:
            case Create(kind, told):
                account["new"] = Found(kind=kind, sid="new", parameters=told)
            case Change(found, told):
                account[found.sid] = replace(found, parameters={**account[found.sid].parameters, **told})
    return list(account.values())


@given(WANTED, ACCOUNTS)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(wanted: Flow, actual: list[Found]) -> None:
    """So the command can be repeated, by a person or by every deployment."""
    assert () == diff([wanted], after(diff([wanted], actual), actual)).steps


@given(WANTED, ACCOUNTS, st.integers(0, 6))
def test_a_plan_cut_anywhere_is_finished_by_the_next(wanted: Flow, actual: list[Found], steps: int) -> None:
    """The line breaks when it likes."""
    whole = diff([wanted], actual)
    halfway = after(replace(whole, steps=whole.steps[:steps]), actual)
    assert () == diff([wanted], after(diff([wanted], halfway), halfway)).steps


@given(WANTED, ACCOUNTS)
def test_one_flow_of_the_channel_type_is_enabled_afterwards(wanted: Flow, actual: list[Found]) -> None:
    """Twilio has no rule for which of two would get the chats."""
    enabled = [
        flow
        for flow in after(diff([wanted], actual), actual)
        if flow.get("channel_type") == "custom" and flow.get("enabled") in {True, "true"}
    ]
    assert 1 == len(enabled)


@given(WANTED, ACCOUNTS)
def test_rivals_are_disabled_before_ours_is_enabled(wanted: Flow, actual: list[Found]) -> None:
    """A plan that stops halfway must not leave two."""
    told = [step.parameters.get("enabled") for step in diff([wanted], actual).steps]
    assert sorted(told, key=lambda enabled: enabled is not False) == told


@given(WANTED, ACCOUNTS)
def test_other_channel_types_are_left_alone(wanted: Flow, actual: list[Found]) -> None:
    """Whatever serves SMS is none of our business."""
    touched = [step.found for step in diff([wanted], actual).steps if isinstance(step, Change)]
    assert [] == [found for found in touched if found.get("channel_type") != "custom"]


@given(WANTED, ACCOUNTS)
def test_every_change_changes_something(wanted: Flow, actual: list[Found]) -> None:
    """A plan that shows nothing new would teach people not to read it."""
    changes = [step for step in diff([wanted], actual).steps if isinstance(step, Change)]
    assert [] == [change for change in changes if not change.differences]


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda integration: type(integration).__name__)
def test_a_new_flow_says_everything_aloud(integration: Integration) -> None:
    """Twilio's documents disagree on the janitor's default."""
    (step,) = diff([replace(FLOW, integration=integration)], []).steps
    assert isinstance(step, Create)
    assert (True, False, True) == tuple(step.parameters[name] for name in ("janitor_enabled", "long_lived", "enabled"))
    assert {name: step.parameters[name] for name in integration.parameters()} == integration.parameters()


def test_a_change_of_integration_tells_the_whole_of_it() -> None:
    """Nobody promises that Twilio keeps the workflow when only the priority is written."""
    before = found_flow("FO1", **TASK.parameters())
    (step,) = diff([replace(FLOW, integration=replace(TASK, priority=7))], [before]).steps
    assert isinstance(step, Change)
    assert [("integration_priority", 0, 7)] == step.differences
    assert replace(TASK, priority=7).parameters() == step.parameters


def test_without_a_word_on_it_the_integration_stays() -> None:
    """Repeating the command needs no options."""
    assert () == diff([replace(FLOW, integration=None)], [found_flow("FO1", **TASK.parameters())]).steps


def test_the_named_flow_wins_over_the_enabled_one() -> None:
    """A name is a choice."""
    flows = [found_flow("FO1", friendly_name="A"), found_flow("FO2", friendly_name="B", enabled=False)]
    plan = diff([replace(FLOW, friendly_name="B")], flows)
    assert [("FO1", False), ("FO2", True)] == [
        (step.found.sid, step.parameters["enabled"]) for step in plan.steps if isinstance(step, Change)
    ]


def test_without_a_name_the_enabled_flow_is_ours() -> None:
    """It is the one that chats come to; making a second beside it would silence it."""
    flows = [found_flow("FO1", enabled=False), found_flow("FO2", friendly_name="Made in the Console")]
    assert ["FO2"] == [found.sid for found in diff([FLOW], flows).kept]


def test_the_rival_is_told_with_the_way_to_keep_it() -> None:
    """Whoever reads the plan may know better."""
    flows = [found_flow("FO1"), found_flow("FO2")]
    (step,) = diff([replace(FLOW, sid="FO1")], flows).steps
    assert isinstance(step, Change)
    assert "FLEX_FLOW_SID=FO2" in step.because


@pytest.mark.parametrize(
    ("found", "wanted"),
    [("3", 3), ("true", True), ("POST", "post"), (("b", "a"), ("a", "b")), (None, None)],
)
def test_what_twilio_says_in_its_own_way_is_no_difference(found: Value, wanted: Value) -> None:
    """Otherwise the plan would never be empty."""
    assert same(found, wanted)


@pytest.mark.parametrize(
    ("found", "wanted"), [(None, False), ("", "x"), (("a",), ("a", "b")), (0, False), ("https://a/B", "https://a/b")]
)
def test_what_differs_is_seen(found: Value, wanted: Value) -> None:
    """Not said is not the same as no."""
    assert not same(found, wanted)


def test_all_that_is_impossible_is_told_at_once() -> None:
    """With what to give."""
    with pytest.raises(SetupImpossible) as problem:
        diff([ChatService(sid=SERVICE), replace(FLOW, sid="FO8")], [])
    assert ["FLEX_CHAT_SERVICE_SID", "FLEX_FLOW_SID"] == [
        name for name in ("FLEX_CHAT_SERVICE_SID", "FLEX_FLOW_SID") if name in str(problem.value)
    ]


@pytest.mark.parametrize(
    ("wanted", "actual", "told"),
    [
        (replace(FLOW, integration=None), [], "--studio-flow, --workflow or --external-url"),
        (replace(FLOW, sid="FO1"), [found_flow("FO1", channel_type="sms")], "is for sms"),
    ],
    ids=["a new flow without an integration", "a flow of another channel type"],
)
def test_what_cannot_be_made_says_what_to_give(wanted: Flow, actual: list[Found], told: str) -> None:
    """Before anything is changed."""
    with pytest.raises(SetupImpossible, match=told):
        diff([wanted], actual)
