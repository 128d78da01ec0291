"""`revoke`: takes a visitor's tokens back; a running server cuts their sockets within seconds."""

import asyncio

import click

from middleware.cli_words import say
from middleware.engine import open_store
from middleware.relay.errors import StoreUnavailable
from middleware.relay.model import ChatId, VisitorId
from middleware.relay.ports import Store, Transaction
from middleware.settings import BadSettings, Settings, read_settings
from middleware.web.identity import visitor_of


@click.command()
@click.argument("whose", metavar="CHAT|VISITOR", required=False)
@click.option("--sub", help="Instead: the `sub` of the visitor's signed identity.")
def revoke(whose: str | None, sub: str | None) -> None:
    """Take back every token of a visitor: the chat's (its id follows `visitor-` in Flex), or this one.

    The visitor begins anew; their chat goes on at Flex. The server may be running.
    """
    if (whose is None) == (sub is None):
        raise click.UsageError("Give the id of a chat or of a visitor, or --sub.")
    try:
        settings = read_settings()
        taken = asyncio.run(_revoked(settings, whose, sub=sub))
    except (BadSettings, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error
    if not taken:
        raise click.ClickException("No token of theirs is good: wrong id, or it was done before.")
    say(f"Taken back: {taken} browser{'s' if taken > 1 else ''}. Their sockets are cut within ten seconds.")


async def _revoked(settings: Settings, whose: str | None, *, sub: str | None) -> int:
    async with open_store(settings, guest=True) as store:
        return await take_back(store, whose=whose, sub=sub)


async def take_back(store: Store, *, whose: str | None, sub: str | None = None) -> int:
    """Take away every badge of the visitor meant; how many there were."""

    async def unit(tx: Transaction) -> int:
        if sub is not None:
            return await tx.take_badges_of(visitor_of(sub))
        chat = await tx.chat(ChatId(whose or ""))
        return await tx.take_badges_of(VisitorId(whose or "") if chat is None else chat.visitor)

    return await store.write(unit)
