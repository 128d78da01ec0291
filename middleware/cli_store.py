"""`migrate` and `copy`: what is done to a store by hand, before a server is started on it."""

import asyncio
import os
from pathlib import Path

import click
from pydantic import SecretStr

from middleware.cli_words import aligned, say
from middleware.engine import copied, migrated
from middleware.relay.errors import StoreUnavailable
from middleware.settings import BadSettings, Settings
from middleware.settings_values import shown_database, store

_SOURCE = click.Path(path_type=Path)


@click.command()
def migrate() -> None:
    """Bring the store that DATABASE_URL names up to this program's schema. A server does so itself when it starts.

    Run by several at once, it is done once. No other setting is needed.
    """
    try:
        url = _database_url()
        before, after = asyncio.run(migrated(url))
    except (BadSettings, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error
    what = f"schema {after}, as before" if before == after else f"schema {before} → {after}"
    say(f"{shown_database(url)}: {what}.")


@click.command()
@click.argument("source", metavar="FILE", type=_SOURCE)
def copy(source: Path) -> None:
    """Copy a store from an SQLite FILE into the empty PostgreSQL database that DATABASE_URL names.

    Stop the server first. All is copied in one transaction and counted on both sides, or nothing. The file stays.
    """
    try:
        url = _database_url()
        counts = asyncio.run(copied(source, url))
    except (BadSettings, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error
    rows = [(f"{count:>9,}", table) for table, count in counts.items()]
    say(*aligned(rows), f"Copied to {shown_database(url)}. Start the server with this DATABASE_URL.")


def _database_url() -> str:
    """The store's address alone: no other setting is needed. Raises `BadSettings`."""
    default: SecretStr = Settings.model_fields["database_url"].default
    given = os.environ.get("DATABASE_URL")
    try:
        return store(SecretStr(given) if given else default).get_secret_value()
    except ValueError as error:
        raise BadSettings(f"DATABASE_URL {error}.") from error
