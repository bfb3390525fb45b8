"""Room: open or join a room, in which all watch one run."""

from pathlib import Path

import streamlit as st

from app.live.rooms.words import Refusal, code_of
from app.page import components
from app.page.own_run import adopt

LABS = Path(__file__).parent / "labs"


def code_in_address() -> str:
    """The code of a link to a room; "" where there is none, or where it is damaged."""
    given = st.query_params.get("code", "")
    try:
        return code_of(given) if given else ""
    except Refusal as problem:
        st.warning(str(problem))
        return ""


st.title("Room")
if own := components.room(code_in_address()):
    token, _, speed = own.partition(" ")
    found = adopt(token, speed)
    if found is None:
        st.warning("Your run is no longer on the server. Press *Try it yourself* for another one.")
    else:
        page, query = found
        st.switch_page(LABS / page / "page.py", query_params=query)
