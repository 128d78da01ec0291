"""`migrate` and `copy`: what is done to a store by hand, before a server is started on it."""

import asyncio
from pathlib import Path

import click

from middleware.cli_words import aligned, say
from middleware.engine import copied, migrated
from middleware.relay.errors import StoreUnavailable
from middleware.settings import BadSettings, read_database_url, shown_database

_SOURCE = click.Path(path_type=Path)


@click.command()
def migrate() -> None:
    """Bring the store that DATABASE_URL names up to this program's schema. A server does so itself when it starts.

    Run by several at once, it is done once. No other setting is needed.
    """
    try:
        url = read_database_url()
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
        url = read_database_url()
        counts = asyncio.run(copied(source, url))
    except (BadSettings, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error
    rows = [(f"{count:>9,}", table) for table, count in counts.items()]
    say(*aligned(rows), f"Copied to {shown_database(url)}. Start the server with this DATABASE_URL.")
