"""What logs look like, and what is never in them."""

import io
import json
import logging
import os
import secrets
import subprocess
import sys
import threading

import pytest

from app.operations import logs
from app.operations.logs import Line, note, note_rarely, without_secrets
from tests.browser import ROOT

TOKEN = "aB3-" + 7 * "xY_9"


@pytest.fixture
def logged(monkeypatch):
    """A function that gives the lines that a logger has written since, parsed."""
    stream, log = io.StringIO(), logging.getLogger("app.tests")
    monkeypatch.setattr(log, "handlers", [logging.StreamHandler(stream)])
    monkeypatch.setattr(log, "propagate", False)
    log.setLevel(logging.DEBUG)

    def lines(as_json=True, whole=False):
        log.handlers[0].setFormatter(Line(as_json, whole))
        return log, lambda: [json.loads(x) if as_json else x for x in stream.getvalue().splitlines()]

    return lines


def fail(text):
    try:
        try:
            int(text)
        except ValueError as error:
            raise RuntimeError(f"could not read {text!r} of {TOKEN}") from error
    except RuntimeError as error:
        return error


def test_an_event_is_one_object_on_one_line(logged):
    log, lines = logged()
    note(log, "session opened", run="1f", method="vat", odd='a "b"\n')
    log.warning("a run was lost: %s", "disk\nfull")
    log.error("could not", exc_info=fail("a text of somebody"))
    first, second, third = lines()
    assert first | {"time": ""} == {
        **{"time": "", "level": "info", "event": "session opened", "where": "app.tests"},
        **{"run": "1f", "method": "vat", "odd": 'a "b"\n'},
    }
    assert first["time"][10] == "T" and first["time"][-1] == "Z"
    assert second["event"] == "a run was lost: disk\nfull" and "traceback" not in second
    assert "test_logs.py" in third["traceback"] and "RuntimeError: could not read" in third["traceback"]
    assert third["traceback"].index("ValueError") < third["traceback"].index("RuntimeError")


@pytest.mark.parametrize("as_json", [True, False])
def test_neither_tokens_nor_queries_nor_visitors_texts_are_logged(logged, as_json):
    log, lines = logged(as_json)
    note(log, f"opened {TOKEN}", address="/saddle/live?token=abc", more={"token": TOKEN})
    log.error("failed for %s at /vat?points=1,2", TOKEN, exc_info=fail("a text of somebody"))
    written = str(lines())
    assert TOKEN not in written and "abc" not in written and "1,2" not in written
    assert "text of somebody" not in written and "opened …" in written
    log, lines = logged(as_json, whole=True)
    log.error("failed", exc_info=fail("a text of somebody"))
    assert "text of somebody" in str(lines()) and TOKEN not in str(lines())


def test_tokens_as_they_are_made_are_left_out_and_other_words_stay():
    for _ in range(200):
        token = secrets.token_urlsafe(24)
        assert token not in without_secrets(f"run {token}, is gone: {token}")
    kept = "app/live/crew/crew.py, a_very_long_name_of_a_function_with_more_than_32_letters, 1f2e3d4c5b6a. What? a=b"
    assert without_secrets(kept) == kept


def test_what_anybody_can_cause_is_logged_once_a_minute(logged, monkeypatch):
    monkeypatch.setattr(logs, "_seen", {})
    log, lines = logged()
    for _ in range(5):
        note_rarely(log, "refused origin", "http://a")
    note_rarely(log, "refused origin", "http://b")
    for number in range(3 * logs.MOST_KINDS):
        note_rarely(log, "refused origin", f"http://{number}")
    assert len(lines()) == 2 + 3 * logs.MOST_KINDS and len(logs._seen) <= logs.MOST_KINDS


def test_logs_are_json_unless_a_person_reads_along(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    hook = threading.excepthook
    kept = {
        name: logging.getLogger(name).__dict__.copy()
        for name in (*logs.OWN, *logs.OTHERS, *logging.root.manager.loggerDict)
    }
    try:
        for stream, form in ((io.StringIO(), "{"), (Terminal(), "info: ")):
            monkeypatch.setattr(sys, "stderr", stream)
            logs.begin()
            note(logging.getLogger("app.tests.form"), "here")
            assert form in stream.getvalue() and "here" in stream.getvalue()
            failing = threading.Thread(target=int, args=("x",), name="failing")
            failing.start()
            failing.join()
            assert "a thread has failed" in stream.getvalue() and "ValueError" in stream.getvalue()
    finally:
        threading.excepthook = hook
        for name, state in kept.items():
            logging.getLogger(name).__dict__.update(state)


PAGE_FAILS = """
import streamlit.error_util
from app.operations import logs
from app.operations.metrics import own_errors
logs.begin()
streamlit.config.get_option("server.port")  # Streamlit sets up its loggers anew
try:
    raise ValueError("not 'a text of somebody'")
except ValueError as error:
    streamlit.error_util.handle_uncaught_app_exception(error)
print(own_errors())
"""


def test_errors_of_pages_and_of_the_server_are_logged_once_and_in_the_same_way():
    environment = {**os.environ, "SADDLE_LOG_FORMAT": "json"}
    done = subprocess.run(
        [sys.executable, "-c", PAGE_FAILS], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=60
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]  # and nothing else
    failed = [line for line in lines if line["level"] == "error"]
    assert len(failed) == 1 and "ValueError: not" in failed[0]["traceback"]
    assert "a text of somebody" not in done.stderr
    assert done.stdout.strip() == "{('streamlit.error_util', 'ValueError'): 1.0}"
