"""What was given up is kept where a person can read it."""

from pathlib import Path

from tests.store.scenes import opened, outsider, saying


async def test_a_buried_delivery_stays_on_record(tmp_path: Path) -> None:
    """Whoever asks what became of a message finds which, why, when, after how many attempts."""
    path = tmp_path / "house.db"
    async with opened(path) as store:
        message = await store.write(saying("hello"))
        head = (await store.write(lambda tx: tx.claim(now=20.0, until=50.0, limit=1)))[0]
        await store.write(lambda tx: tx.bury(head, reason="refused: 400", now=30.0))
        other = outsider(path)
        recorded = other.execute(
            "SELECT kind, message.id, attempts, reason, buried.at FROM buried"
            " JOIN message ON message.number = buried.message"
        ).fetchall()
        live = other.execute("SELECT count(*) FROM delivery").fetchone()[0]
        other.close()
    assert [("say", message.id, 1, "refused: 400", 30.0)] == recorded
    assert 0 == live
