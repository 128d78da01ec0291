"""What is being worked on: every log line written meanwhile says so, without being told."""

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_SUBJECT: ContextVar[Mapping[str, str]] = ContextVar("subject", default=_NOTHING)


def subject() -> Mapping[str, str]:
    """What this task works on: `request` and `chat`, where there is one."""
    return _SUBJECT.get()


class about:  # noqa: N801 — read as a word: `with about(chat=…)`
    """Work on this, inside the block and in every task that is started there."""

    __slots__ = ("_known", "_token")

    def __init__(self, **more: str | None) -> None:
        self._known = {**_SUBJECT.get(), **{name: value for name, value in more.items() if value is not None}}

    def __enter__(self) -> None:
        self._token = _SUBJECT.set(self._known)

    def __exit__(self, *_error: object) -> None:
        _SUBJECT.reset(self._token)
