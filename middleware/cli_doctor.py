"""`doctor`: says what is wrong, one line for each check, with the remedy."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import click

from middleware.cli_order import wanted_by_server
from middleware.cli_words import check_lines, say
from middleware.engine import open_bell, open_store
from middleware.flex.setup_account import open_account
from middleware.flex.setup_checks import Check, Door, check_account, check_door
from middleware.relay.errors import FlexError, StoreUnavailable
from middleware.settings import BadSettings, Settings, read_settings
from middleware.store.errors import SchemaOld
from middleware.store.sqlite import SqliteStore
from middleware.store.sqlite_file import OneNode

LEAST_FREE = 200 * 1024 * 1024
"""Bytes that the store's disk should have free: hours in which somebody can see to it."""
REDIS_LOOKS = 100
"""How often to ask, in about five seconds, whether Redis has rung."""


@click.command()
def doctor() -> None:
    """Check settings, account, webhooks, clock, store and disk. Exit code 1: something is wrong; 2: bad settings."""
    try:
        settings = read_settings()
    except BadSettings as error:
        say(*check_lines([Check("settings", False, str(error))]))
        sys.exit(2)
    checks = asyncio.run(_examined(settings))
    say(*check_lines(checks))
    wrong = sum(check.ok is not True for check in checks)
    say("", f"{wrong} of {len(checks)} checks did not pass." if wrong else "All is well.")
    sys.exit(1 if wrong else 0)


async def _examined(settings: Settings) -> list[Check]:
    return [check async for check in examine(settings)]


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Every check, in the order in which a person would mend things."""
    token = settings.twilio_auth_token.get_secret_value()
    yield Check("settings", True, f"complete, for {settings.backend.value}")
    async with open_account(settings.twilio_account_sid, token, api_url=settings.twilio_api_url) as account:
        async for check in check_account(
            account, wanted_by_server(settings), workspace_sid=settings.flex_workspace_sid, now=time.time
        ):
            yield check
    if settings.twilio_auth_token_next is not None:
        yield await check_next_token(settings, settings.twilio_auth_token_next.get_secret_value())
    async for check in check_door(_door(settings)):
        yield check
    if settings.database_path is None:
        yield await check_database(settings)
        if settings.redis_url is not None:
            yield await check_redis(settings.redis_url.get_secret_value())
    else:
        yield await check_store(settings.database_path)
        yield check_disk(settings.database_path)


def _door(settings: Settings) -> Door:
    return Door(
        public_url=settings.public_url,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        from_outside=settings.twilio_api_url is None,
    )


async def check_next_token(settings: Settings, token: str) -> Check:
    """Whether Twilio knows the token that is to come."""
    async with open_account(settings.twilio_account_sid, token, api_url=settings.twilio_api_url) as account:
        try:
            await account.knock()
        except FlexError as error:
            remedy = "set it to the account's secondary auth token, or take it out of the settings"
            return Check("next auth token", False, f"Twilio does not accept it ({error})", remedy)
    told = "Twilio accepts it; when it is promoted in the Console, set TWILIO_AUTH_TOKEN to it and restart"
    return Check("next auth token", True, told)


async def check_store(path: Path) -> Check:
    """Whether the store opens and answers; a running node has it for itself, and that is well."""
    if _is_new(path):
        return _check_folder(path)
    try:
        if _is_held(path):
            return Check("store", True, f"{path} is in use by a running node")
        async with SqliteStore(path) as store:
            await store.ping()
    except (StoreUnavailable, OSError) as error:
        return Check("store", False, f"{path}: {error}", "do as it says, or restore the file from a copy")
    return Check("store", True, f"{path} opens and answers")


async def check_database(settings: Settings) -> Check:
    """Whether the database lets this server in and answers; running nodes are no trouble."""
    try:
        async with open_store(settings, guest=True) as store:
            await store.ping()
    except SchemaOld:
        return Check("store", True, f"{settings.database} answers; its schema is made at the next start")
    except StoreUnavailable as error:
        return Check("store", False, f"{settings.database}: {error}", "do as it says")
    return Check("store", True, f"{settings.database} answers")


async def check_redis(url: str) -> Check:
    """Whether Redis rings: what is rung there is heard. The address may hold a password, and is not told."""
    try:
        async with open_bell(url, channel="doctor") as bell:
            for _ in range(REDIS_LOOKS):
                if await bell.word() == "ok":
                    return Check("redis", True, "it rings")
                await asyncio.sleep(0.05)
    except StoreUnavailable as error:
        return Check("redis", False, str(error), "do as it says")
    remedy = "see to REDIS_URL and Redis; until it rings, nodes find news by looking, up to two seconds later"
    return Check("redis", False, "it does not ring", remedy)


def check_disk(path: Path) -> Check:
    """Whether the store has room to grow."""
    folder = _standing(path.parent)
    free = shutil.disk_usage(folder).free
    told = f"{free / 1024**3:.1f} GB free at {folder}"
    return Check("disk", free >= LEAST_FREE, told, "make room: a store that cannot write accepts no message")


def _is_new(path: Path) -> bool:
    return not path.exists()


def _check_folder(path: Path) -> Check:
    folder = _standing(path.parent)
    if os.access(folder, os.W_OK | os.X_OK):
        return Check("store", True, f"{path} will be made at the first start")
    return Check("store", False, f"{path} cannot be made", f"let this user write to {folder}")


def _is_held(path: Path) -> bool:
    right = OneNode(path)
    try:
        right.take()
    except StoreUnavailable:
        return True
    right.give_back()
    return False


def _standing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
