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
from middleware.flex.setup_account import open_account
from middleware.flex.setup_checks import Check, Door, check_account, check_door
from middleware.relay.errors import StoreUnavailable
from middleware.settings import BadSettings, Settings, read_settings
from middleware.store.sqlite import SqliteStore
from middleware.store.sqlite_file import OneNode

LEAST_FREE = 200 * 1024 * 1024
"""Bytes that the store's disk should have free: hours in which somebody can see to it."""


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
    async for check in check_door(_door(settings)):
        yield check
    yield await check_store(settings.database_path)
    yield check_disk(settings.database_path)


def _door(settings: Settings) -> Door:
    return Door(
        public_url=settings.public_url,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        from_outside=settings.twilio_api_url is None,
    )


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
