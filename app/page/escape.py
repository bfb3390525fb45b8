"""Text from visitors and files, shown literally."""

import re


def escape(text: str) -> str:
    """`text` with all characters escaped that Streamlit's Markdown, LaTeX or icons would act on."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-!|$~:&])", r"\\\1", text)
