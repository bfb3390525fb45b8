"""Try this: guided experiments that reliably show something, each a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

import streamlit as st

from app.page.lab import Opened, open_link


@dataclass(frozen=True)
class Preset:
    """link: the query that opens it. says: what to do and what one sees."""

    title: str
    link: str
    says: str

    @property
    def query(self) -> dict[str, str]:
        """The link as query parameters."""
        return dict(parse_qsl(self.link.lstrip("?")))


def try_this(run: Opened, presets: Sequence[Preset]) -> None:
    """Show the cards of a lab."""
    st.header("Try this")
    for preset in presets:
        if st.button(f"**{preset.title}**", width="stretch"):
            open_link(run, preset.query)
        st.caption(preset.says)
