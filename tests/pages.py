"""Pages without a browser: Streamlit's AppTest runs the real script of a lab."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.live.sessions import Session, sessions
from engine.runs.live import Live

APP = Path(__file__).parents[1] / "app"
PATIENCE = 90  # seconds that a page may take to run


def open_script(path: str, query: Mapping[str, str] | None = None) -> AppTest:
    """The script app/PATH, run once with `query` in its address."""
    test = AppTest.from_file(str(APP / path), default_timeout=PATIENCE)
    for name, value in (query or {}).items():
        test.query_params[name] = value
    return test.run()


def open_page(lab: str, query: Mapping[str, str] | None = None) -> AppTest:
    """The page of a lab, named as in app/labs/catalogue.py."""
    return open_script(f"labs/{lab}/page.py", query)


def session_of(test: AppTest, slot: str) -> Session:
    """The session that a page keeps under `slot`: the name of its method or, in the ARAE lab,
    arae-TAB.
    """
    return sessions().find(test.session_state[f"{slot}.token"])


def live_run(test: AppTest, slot: str) -> Live:
    """The live run of that session."""
    return session_of(test, slot).live


def query_of(test: AppTest) -> dict[str, str]:
    """The query that stands in the page's address, a value for each name."""
    query = dict(test.query_params)
    return {name: value[0] if isinstance(value, list) else value for name, value in query.items()}
