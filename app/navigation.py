"""The script that Streamlit runs for every page: navigation around the labs."""

from pathlib import Path

import streamlit as st

from app.labs.catalogue import LABS

HERE = Path(__file__).parent

st.set_page_config(page_title="Saddle", page_icon=str(HERE / "web" / "logo.svg"), layout="wide")
st.logo(str(HERE / "web" / "logo.svg"), size="large")
st.html("<style>" + (HERE / "web" / "page.css").read_text(encoding="utf-8") + "</style>")

pages = [st.Page(HERE / "home.py", title="Home", icon=":material/home:", default=True)]
pages += [
    st.Page(HERE / "labs" / lab.page / "page.py", title=lab.title, icon=lab.icon, url_path=lab.page) for lab in LABS
]
st.navigation(pages).run()
