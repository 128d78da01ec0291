"""A million stored messages must not slow down the next one: read from SQLite's own plans."""

import re
import sqlite3
from collections.abc import Iterator

import pytest

from middleware.store import sql, sqlite_hearing, sqlite_plain, sqlite_transaction
from middleware.store.migrate import migrate, migrations

ONCE_A_START = {"WATCH_OPEN", "RELEASE_CLAIMS"}
COUNTED = {"CHATS_OPEN", "OWED"}
"""These touch every open chat, or every delivery owed, and do so through an index that holds no others."""
GIVEN = {
    *("BADGES_AMONG", "GIVE_BACK_BEHIND", "LOOK_AT_ASKERS", "KNOWS_ONE_OF", "LOOK_AT_SENT", "LOOK_AT_CHATS"),
    *("MOVE_SEQ", "SET_ALL_SENT", "MOVE_INDEX", "FINISH_ALL", "MOVE_ON"),
}
"""What is scanned is what was given."""
FIRST_FIT = {"OLDEST_OWED"}
"""What is owed is read from the oldest on, up to the first that is no agent's name."""
ONE_ROW = {"LAST_NUMBERS"}
"""One table alone counts its numbers in `sqlite_sequence`."""
SORTED = {"HELD", "UNSENT"}
"""The few held events of one address, or unsent messages of one chat, are sorted after they are found."""
EVERY_MESSAGE = {
    *("CHAT_FOR_ASK", "NEXT_SEQ", "ADD_MESSAGE", "OWED_AT", "OWE_AT"),
    *("CLAIMABLE", "CLAIM", "ADVANCE", "SET_SENT", "FINISH"),
    "CHAT_AT",
    *("LOOK_AT_ASKERS", "KNOWS_ONE_OF", "LAST_NUMBERS"),
    *("LOOK_AT_SENT", "PROMOTE_ONE"),
    "LOOK_AT_CHATS",
}
"""Said, delivered, and heard from an agent."""
EVERY_BATCH = {"MOVE_SEQ", "SET_ALL_SENT", "MOVE_INDEX", "FINISH_ALL", "MOVE_ON"}
"""The same, for many at once."""
ADDED = (
    (sqlite_plain.ADD_NUMBERED, sqlite_plain._NUMBERED),
    (sqlite_plain.ADD_DELIVERY, sqlite_plain._DELIVERY),
    (sqlite_hearing.ADD_HEARD, sqlite_hearing._HEARD),
    (sqlite_hearing.ADD_NAMED, sqlite_hearing._NAMED),
)


def statements() -> dict[str, str]:
    return {
        name: text
        for module in (sql, sqlite_transaction, sqlite_plain, sqlite_hearing)
        for name, text in vars(module).items()
        if not name.startswith("_") and isinstance(text, str) and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)", text)
        if not text.endswith("VALUES")  # Rows that are added are looked for nowhere.
    }


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """An empty database with the whole schema."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, migrations("sqlite"))
    yield connection
    connection.close()


def plan(database: sqlite3.Connection, statement: str) -> list[str]:
    parameters = len(set(re.findall(r"\?\d+", statement)))
    rows = database.execute(f"EXPLAIN QUERY PLAN {statement}", (None,) * parameters)
    return [detail for _, _, _, detail in rows]


@pytest.mark.parametrize("name", sorted(statements()))
def test_no_statement_grows_with_the_store(database: sqlite3.Connection, name: str) -> None:
    """Every table is searched by an index, or only the first entry of one is read."""
    statement = statements()[name]
    for step in plan(database, statement):
        if step.startswith("SCAN") and step != "SCAN CONSTANT ROW":
            assert "INDEX" in step or name in FIRST_FIT | ONE_ROW
            assert name in ONCE_A_START | COUNTED | GIVEN | ONE_ROW or "LIMIT 1" in statement
        if step.startswith("USE TEMP B-TREE"):
            assert name in SORTED


@pytest.mark.parametrize("name", sorted(EVERY_MESSAGE))
def test_what_every_message_takes_builds_no_table_in_memory(database: sqlite3.Connection, name: str) -> None:
    """That costs as much as the statement itself. RETURNING needs one; a choice of three by IN, or a statement that
    reads the table it writes, would too.
    """
    statement = statements()[name]
    assert tables_in_memory(database, statement) == ("RETURNING" in statement)


@pytest.mark.parametrize("name", sorted(EVERY_BATCH))
def test_what_a_batch_takes_builds_one_for_all_of_it(database: sqlite3.Connection, name: str) -> None:
    """Of what is given, or of what is to be changed."""
    assert 1 == tables_in_memory(database, statements()[name])


@pytest.mark.parametrize(("table", "row"), ADDED)
def test_rows_that_are_added_build_none(database: sqlite3.Connection, table: str, row: str) -> None:
    """However many there are."""
    assert [0, 0] == [tables_in_memory(database, f"{table} {', '.join([row] * many)}") for many in (1, 32)]


def tables_in_memory(database: sqlite3.Connection, statement: str) -> int:
    parameters = len(set(re.findall(r"\?\d+", statement))) or statement.count("?")
    return [row[1] for row in database.execute(f"EXPLAIN {statement}", (None,) * parameters)].count("OpenEphemeral")


def test_claiming_reads_the_due_heads_only(database: sqlite3.Connection) -> None:
    """The outbox's own index: whatever waits behind a head, or for its time, is not looked at."""
    assert "SEARCH delivery USING INDEX delivery_due (due<?)" == plan(database, sql.CLAIMABLE)[0]


def test_watching_open_chats_passes_over_the_ended_ones(database: sqlite3.Connection) -> None:
    """A start after years must not read every chat there ever was."""
    assert ["SCAN chat USING INDEX chat_open"] == plan(database, sql.WATCH_OPEN)
