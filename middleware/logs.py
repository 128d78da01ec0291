"""Log lines: a sentence and key=value, as JSON for machines or as text for a terminal."""

import logging
import sys

import structlog


def set_up_logs(*, json: bool, level: str) -> None:
    """Send this process's log lines to standard error. Libraries speak up from WARNING on."""
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(pad_event_to=0)
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    closing: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if json:
        closing.append(structlog.processors.format_exc_info)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*closing, renderer]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("middleware").setLevel(level)
    for noisy in ("middleware.socketio", "middleware.engineio"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
