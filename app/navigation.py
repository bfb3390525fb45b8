"""The script that Streamlit runs for every page: navigation around the labs."""

from pathlib import Path

import streamlit as st

from app.labs.catalogue import LABS
from app.live.crew.line import WorkerLost
from app.page.run import come_back

HERE = Path(__file__).parent
WEB = HERE / "web"
LOGO = str(WEB / "logo.svg")

# The icon comes first: where none is set, the browser tab takes the page's, from Google's fonts.
st.set_page_config(page_icon=LOGO, layout="wide")
home = st.Page(HERE / "home.py", title="Home", icon=":material/home:", default=True)
labs = [
    st.Page(HERE / "labs" / lab.page / "page.py", title=lab.title, icon=lab.icon, url_path=lab.page) for lab in LABS
]
room = st.Page(HERE / "room.py", title="Room", icon=":material/groups:", url_path="room")
page = st.navigation([home, *labs, room])
come_back(page.url_path)
st.set_page_config(page_title="Saddle" if page == home else f"{page.title} · Saddle")
st.logo(LOGO, size="large")
css = (WEB / "page.css").read_text(encoding="utf-8")
scripts = "".join((WEB / name).read_text(encoding="utf-8") for name in ("entry.js", "fold.js", "strip.js"))
st.html(f"<style>{css}</style><script>{scripts}</script>", unsafe_allow_javascript=True)
try:
    page.run()
except WorkerLost:  # between two lines of the page; its run is no longer found now
    st.rerun()
