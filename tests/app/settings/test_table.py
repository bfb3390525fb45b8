"""README's table of settings."""

import re

from app.settings.table import markdown
from tests.browser import ROOT


def test_readme_has_the_settings_as_they_are_declared():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"<!-- settings: .*? -->\n(.*?)\n<!-- end -->", readme, re.S)
    assert table == markdown(), "write what app.settings.table.markdown() gives"
