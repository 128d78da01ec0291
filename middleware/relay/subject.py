"""What is being worked on: every log line written meanwhile says so, without being told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_SUBJECT: ContextVar[Mapping[str, str]] = ContextVar("subject", default=_NOTHING)


def subject() -> Mapping[str, str]:
    """What this task works on: `request` and `chat`, where there is one."""
    return _SUBJECT.get()


@contextmanager
def about(**more: str | None) -> Iterator[None]:
    """Work on this, inside the block and in every task that is started there."""
    known = {name: value for name, value in more.items() if value is not None}
    token = _SUBJECT.set({**_SUBJECT.get(), **known})
    try:
        yield
    finally:
        _SUBJECT.reset(token)
