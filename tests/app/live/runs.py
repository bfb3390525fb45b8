"""Sessions to watch."""

from app.live.sessions import Session, sessions
from engine.methods.vat.vat import VAT


def open_session(visitor="s", values=()) -> Session:
    """A new session with a small run of VAT. values: knobs that are turned."""
    setup = VAT.make_setup({"test": 50})
    return sessions().open(visitor, VAT, setup, 0, VAT.make_knobs(setup, dict(values)).to_dict())
