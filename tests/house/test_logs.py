"""The log: lines say what they are about, and hold nothing of anybody's."""

import json
import subprocess
import sys
import textwrap
from typing import Any

import pytest

PLANTED = ("ada@planted.example", "Planted Street 7", "203.0.113.7")

SCENE = """
import asyncio, gc, logging
from middleware.logs import set_up_logs
from middleware.relay.errors import StoreUnavailable
from middleware.relay.subject import about

set_up_logs(json={json}, level="{level}", details={details})
log = logging.getLogger("middleware.scene")

def fail(email):
    street = "Planted Street 7"
    try:
        int(email)
    except ValueError as error:
        raise KeyError(street) from error

async def work():
    log.info("A piece of work.")
    log.warning("A socket was refused.", extra={{"address": "203.0.113.7", "reason": "too many"}})

async def forgotten():
    fail("ada@planted.example")

async def main():
    with about(request="r1", chat=None):
        with about(chat="c1"):
            await asyncio.create_task(work())
        log.info("Still the same request.")
    log.info("Nobody's.")
    try:
        fail("ada@planted.example")
    except KeyError:
        log.exception("It failed in an unforeseen way.")
    try:
        raise StoreUnavailable("The disk is full.")
    except StoreUnavailable:
        log.warning("It waits.", exc_info=True)
    task = asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    del task
    gc.collect()
    logging.getLogger("aiohttp.server").info("a library's chatter")

asyncio.run(main())
"""


def told(*, json: bool = True, level: str = "INFO", details: bool = False) -> str:
    """What the scene writes to its log."""
    code = textwrap.dedent(SCENE.format(json=json, level=level, details=details))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "" == ended.stdout
    return ended.stderr


def lines() -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in told().splitlines()]
    return {line["event"]: line for line in found}


def test_a_line_says_which_request_and_which_chat_it_is_about() -> None:
    """In tasks too that were started meanwhile, and no longer than it is true."""
    found = lines()
    assert ("r1", "c1") == (found["A piece of work."]["request"], found["A piece of work."]["chat"])
    assert ("r1", None) == (found["Still the same request."]["request"], found["Still the same request."].get("chat"))
    assert set() == {"request", "chat"} & set(found["Nobody's."])


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_line_holds_what_is_somebodys(as_json: bool, level: str) -> None:
    """Whatever goes wrong, in either form and at every level: not the error's words, nor asyncio's copy of them."""
    written = told(json=as_json, level=level)
    assert [] == [planted for planted in PLANTED if planted in written]
    assert 2 <= written.count("KeyError, raised at")
    assert "in fail" in written
    assert "chatter" not in written


def test_our_own_errors_say_why() -> None:
    """They are written for the log, and hold no visitor's words."""
    assert "StoreUnavailable: The disk is full., raised at" in lines()["It waits."]["exception"]


def test_details_are_told_to_whoever_asks_for_them() -> None:
    """LOG_DETAILS, to find a fault on one's own machine."""
    written = told(details=True)
    assert [] == [planted for planted in PLANTED if planted not in written]
