"""What is being worked on: every log line written meanwhile says so, without being told."""

from collections.abc import Mapping
from contextvars import Context, ContextVar, copy_context
from types import MappingProxyType

_NOTHING: Mapping[str, str | None] = MappingProxyType({})
_SUBJECT: ContextVar[Mapping[str, str | None]] = ContextVar("subject", default=_NOTHING)


def subject() -> Mapping[str, str]:
    """What this task works on: `request` and `chat`, where there is one."""
    return {name: value for name, value in _SUBJECT.get().items() if value is not None}


def context_about(origin: Context | None = None, **more: str | None) -> Context:
    """A copy of that context (None: the current one) for a task, in which it works on this."""
    context = copy_context() if origin is None else origin.copy()
    context.run(work_on, **more)
    return context


def work_on(**more: str | None) -> None:
    """From here on, this task works on this."""
    _SUBJECT.set({**_SUBJECT.get(), **more})


class about:  # noqa: N801 — read as a word: `with about(chat=…)`
    """Work on this, inside the block and in every task that is started there."""

    __slots__ = ("_known", "_token")

    def __init__(self, **more: str | None) -> None:
        self._known = {**_SUBJECT.get(), **more}

    def __enter__(self) -> None:
        self._token = _SUBJECT.set(self._known)

    def __exit__(self, *_error: object) -> None:
        _SUBJECT.reset(self._token)
