"""Write the program's log: a line or a JSON object for each record, with the id of its request."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")
# The id of the HTTP request that is being answered, "" outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")
_log = logging.getLogger(__name__)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request"}


def write_log(level: str, form: str) -> None:
    """Write the records of all loggers to standard error. level: of LEVELS; form: of FORMATS."""
    handler = logging.StreamHandler()
    handler.addFilter(_with_request)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("siamese_core").setLevel(level.upper())
    sys.unraisablehook = unraisable


def unraisable(failure: "sys.UnraisableHookArgs") -> None:
    """Log in a line what the system refused while something was thrown away, such as a full disk a file."""
    if isinstance(failure.exc_value, OSError):
        _log.warning("a file could not be closed whole: %s", failure.exc_value)
    else:
        sys.__unraisablehook__(failure)


def _with_request(record: logging.LogRecord) -> bool:
    record.request = request_id.get()
    return True


class TextLines(logging.Formatter):
    """Lines for people: time, level, logger, [request id], message, then the record's further fields."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        told = [f"{name}={value}" for name, value in fields(record).items()]
        return " ".join([super().formatMessage(record), *told])


class JsonLines(logging.Formatter):
    """A JSON object a record: time (ISO 8601), level, logger, message, request, further fields, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields(record),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def fields(record: logging.LogRecord) -> dict:
    """Return the request's id, where there is one, and what `extra` gave the record."""
    request = getattr(record, "request", "")
    given = {name: value for name, value in vars(record).items() if name not in _OWN}
    return ({"request": request} if request else {}) | given
