"""Text from visitors and files, shown as it is."""

import re


def plain(text: str) -> str:
    """`text` with everything escaped that Streamlit's Markdown, LaTeX or icons would act on."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-!|$~:&])", r"\\\1", text)
