"""Log lines: a sentence and key=value, as JSON for machines or as text for a terminal.

A line says what it is about, `request` and `chat`, and never what anybody said, who they are or where they are. So that
an unforeseen error cannot say it either, its trace comes without the error's own words, unless `details` are wanted.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TypeAlias

import structlog

from middleware.relay.subject import subject

_Line: TypeAlias = MutableMapping[str, Any]


def set_up_logs(*, json: bool, level: str, details: bool = False) -> None:
    """Send this process's log lines to standard error. Libraries speak up from WARNING on."""
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(pad_event_to=0)
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        _say_what_it_is_about,
        _tell_the_trace if details else _tell_the_bare_trace,
        *(() if details else (_leave_out_addresses,)),
    ]
    closing = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[closing, renderer]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("middleware").setLevel(level)


def _say_what_it_is_about(_logger: object, _method: str, line: _Line) -> _Line:
    return {**subject(), **line}


def _leave_out_addresses(_logger: object, _method: str, line: _Line) -> _Line:
    line.pop("address", None)
    return line


def _tell_the_trace(_logger: object, _method: str, line: _Line) -> _Line:
    if told := _told(line):
        line["exception"] = "".join(told.format()).rstrip()
    return line


def _tell_the_bare_trace(_logger: object, _method: str, line: _Line) -> _Line:
    """Which errors, and where; only our own and the system's say why. asyncio repeats an error's words in its line."""
    if not str(line["logger"]).startswith("middleware"):
        line["event"] = str(line["event"]).partition("\n")[0]
    if told := _told(line):
        line["exception"] = "\n".join(_bare(told))
    return line


def _told(line: _Line) -> traceback.TracebackException | None:
    """The error of a line, which no later step is to write in its own way."""
    found = line.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    return traceback.TracebackException.from_exception(error) if isinstance(error, BaseException) else None


def _bare(told: traceback.TracebackException) -> list[str]:
    before = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    frames = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in told.stack]
    return [*(_bare(before) if before is not None else ()), f"{_name(told)}, raised at", *frames]


def _name(told: traceback.TracebackException) -> str:
    kind = told.exc_type
    if kind is None:
        return "error"
    speaks = kind.__module__.startswith("middleware.") or issubclass(kind, OSError)
    return "".join(told.format_exception_only()).strip() if speaks else kind.__name__
