"""The server: Streamlit's pages with the live channel and Saddle's own files mounted beside them.

`streamlit run app/server.py` reads this file to find `app`, which is therefore assigned at the top
level.
"""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[1]))  # `streamlit run` puts only this folder on the path

from app.routes import lifespan, middleware, routes  # noqa: E402
from engine.core.memory import share_heaps  # noqa: E402

share_heaps(2)

app = st.App(Path(__file__).with_name("navigation.py"), routes=routes(), middleware=middleware(), lifespan=lifespan)
