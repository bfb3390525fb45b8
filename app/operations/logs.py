"""Logs: one JSON object a line on stderr, or a line of text where a person reads along.

An event has a name and fields: `note(log, "session opened", method="vat")`. No line has what opens
a run or names a visitor: tokens and queries are left out wherever they stand, and of an error's
message what is in quotation marks, where a visitor's text may be. At the level debug messages stay
whole, but for tokens.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

from app.operations.metrics import Errors
from app.settings.reading import settings

OWN = ("app", "engine")
OTHERS = (
    "asyncio",
    "streamlit",
    "uvicorn",
    "websockets",
)  # whose warnings are ours to show, and those of all their parts
LEFT_OUT = "…"
TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{32,}(?![\w-])")
QUERY = re.compile(r"\?[^\s\"'<>]+=[^\s\"'<>]*")
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
MOST_MESSAGE = 300  # characters of an error's message
RARELY = 60.0  # seconds between two lines of one kind that others can cause at will
MOST_KINDS = 200

_seen: dict[tuple[str, str], float] = {}


def note(log: logging.Logger, event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with fields."""
    log.log(level, event, extra={"fields": fields})


def note_rarely(log: logging.Logger, event: str, kind: str, **fields: Any) -> None:
    """Log a warning once a minute for each kind: of what anybody on the network can cause, so that
    it does not fill a disk.
    """
    now = time.monotonic()
    if now - _seen.get((event, kind), -RARELY) < RARELY:
        return
    if len(_seen) >= MOST_KINDS:
        _seen.clear()
    _seen[event, kind] = now
    note(log, event, logging.WARNING, **fields)


def without_secrets(text: str) -> str:
    """A text without tokens and without the values of queries."""
    return QUERY.sub(f"?{LEFT_OUT}", TOKEN.sub(LEFT_OUT, text))


class Line(logging.Formatter):
    """A record as a line. In text a traceback follows it; in JSON it is a field.

    whole: whether messages of errors stay whole.
    """

    def __init__(self, as_json: bool, whole: bool = False) -> None:
        super().__init__()
        self._as_json = as_json
        self._whole = whole

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.gmtime(record.created)
        fields = {k: _clean(v) for k, v in getattr(record, "fields", {}).items()}
        event = without_secrets(record.getMessage())
        trace = self._trace(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""
        if self._as_json:
            at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', seconds)}.{int(record.msecs):03d}Z"
            line = {"time": at, "level": record.levelname.lower(), "event": event, "where": record.name, **fields}
            return json.dumps(line | ({"traceback": trace} if trace else {}), ensure_ascii=False, default=str)
        named = "".join(f" {k}={v}" for k, v in fields.items())
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        return f"{at} {record.levelname.lower()}: {event}{named}{f'{chr(10)}{trace}' if trace else ''}"

    def _trace(self, error: BaseException) -> str:
        """The traceback, that of the cause first."""
        return without_secrets("\n".join(part for link in _chain(error) for part in self._of(link)))

    def _of(self, error: BaseException) -> Iterator[str]:
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
        message = str(error) if self._whole else QUOTED.sub(f"'{LEFT_OUT}'", str(error))[:MOST_MESSAGE]
        yield f"{type(error).__name__}: {message}"


def _chain(error: BaseException) -> list[BaseException]:
    """An error behind those that it came from."""
    found: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in found:
        found.insert(0, link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return found


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, dict):
        return {k: _clean(v) for k, v in value.items()}
    return value


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the time."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr


def begin() -> None:
    """Log as the settings say from now on, in this process, and count errors. Called again, it
    takes over what others have set up meanwhile.
    """
    chosen = settings().log_format
    level = getattr(logging, settings().log_level.upper())
    as_json = chosen == "json" or chosen == "auto" and not sys.stderr.isatty()
    handler = _Stderr()
    handler.setFormatter(Line(as_json, level <= logging.DEBUG))
    counter = Errors()
    for name in OWN:
        log = logging.getLogger(name)
        log.setLevel(level)
        log.handlers = [handler, counter]
    known = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in OTHERS]
    for log in map(logging.getLogger, {*known, *OTHERS}):
        # Below warnings uvicorn names the address of everyone who comes.
        log.setLevel(max(level, logging.WARNING))
        log.filters = [Taken(handler, counter)]
    threading.excepthook = _thread_failed


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        name = failed.thread.name if failed.thread else ""
        own = logging.getLogger(OWN[0])
        own.error("a thread has failed", exc_info=failed.exc_value, extra={"fields": {"thread": name}})


class Taken(logging.Filter):
    """Has these handlers take what a logger logs, and no others: Streamlit gives its loggers new
    handlers whenever it reads its options.
    """

    def __init__(self, *handlers: logging.Handler) -> None:
        super().__init__()
        self._handlers = handlers

    def filter(self, record: logging.LogRecord) -> bool:
        for handler in self._handlers:
            if record.levelno >= handler.level:
                handler.handle(record)
        return False
