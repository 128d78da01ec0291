"""What is not installed is told with what to install, not with a traceback."""

import sys
from pathlib import Path

import pytest

from middleware.engine import open_bell, open_store
from middleware.settings import read_settings
from middleware.store.errors import StoreRefused
from tests.house.test_settings import GOOD


def forget(monkeypatch: pytest.MonkeyPatch, package: str, *ours: str) -> None:
    """Let the package be missing, as in an installation without that extra."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    for name in ours:
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_postgresql_without_its_driver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite is the default, so the driver is an extra."""
    ours = [name for name in sys.modules if name.startswith("middleware.store.postgres")]
    forget(monkeypatch, "asyncpg", *ours, "middleware.store.postgres")
    settings = read_settings({**GOOD, "DATABASE_URL": "postgres://x/y"})
    with pytest.raises(StoreRefused, match=r"asyncpg is needed: pip install 'flex-socketio-middleware\[postgres\]'"):
        open_store(settings)


def test_redis_without_its_driver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few need it."""
    forget(monkeypatch, "redis", "middleware.redis_bell")
    with pytest.raises(StoreRefused, match=r"redis is needed: pip install 'flex-socketio-middleware\[redis\]'"):
        open_bell("redis://h", channel="c")


def test_sqlite_needs_neither(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One node on one file is what is installed by itself."""
    forget(monkeypatch, "redis", "middleware.redis_bell")
    forget(monkeypatch, "asyncpg", *[name for name in sys.modules if name.startswith("middleware.store.postgres")])
    assert open_store(read_settings({**GOOD, "DATABASE_URL": f"sqlite:///{tmp_path}/relay.db"}))
