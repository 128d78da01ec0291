"""The panel in every state, in the eyes of axe-core."""

from collections.abc import Awaitable, Callable

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import NewStage
from tests.browser.on_stage import Stage
from tests.browser.sayings import FIELDS, TALK, UNHAPPY

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


async def closed(_: Stage) -> None:
    """Nothing was touched yet."""


async def empty(stage: Stage) -> None:
    await stage.launcher.click()


async def talking(stage: Stage) -> None:
    await empty(stage)
    await stage.add(*TALK, *UNHAPPY)
    await stage.show(agent={"name": "Alex Rivera"})


async def form(stage: Stage) -> None:
    await stage.wish(fields=FIELDS)
    await empty(stage)


async def errors(stage: Stage) -> None:
    await form(stage)
    await stage.tab.locator(".form .primary").click()


async def offline(stage: Stage) -> None:
    await talking(stage)
    await stage.show(line="offline")


async def ended(stage: Stage) -> None:
    await talking(stage)
    await stage.show(phase="ended", endedBy="flex")


async def options(stage: Stage) -> None:
    await talking(stage)
    await stage.tab.locator("[aria-controls]").click()


async def sure(stage: Stage) -> None:
    await options(stage)
    await stage.tab.locator(".menu .grave").click()


async def loading(stage: Stage) -> None:
    await stage.show(ready=False)
    await empty(stage)


STATES = (closed, empty, talking, form, errors, offline, ended, options, sure, loading)


@pytest.mark.parametrize("look", ["light", "dark", "arabic", "phone"])
@pytest.mark.parametrize("state", STATES)
async def test_axe_finds_nothing(state: Callable[[Stage], Awaitable[None]], look: str, new_stage: NewStage) -> None:
    """In every state, in both themes, from right to left, and on a phone."""
    stage = await new_stage(**(PHONE if look == "phone" else {}))
    await stage.wish(theme="dark" if look == "dark" else "light", language="ar" if look == "arabic" else "en")
    await state(stage)
    assert [] == await violations(stage.tab)
