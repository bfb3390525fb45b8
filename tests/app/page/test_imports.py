"""Pages of what ships are shown without large libraries, whose memory a server never gets back."""

import subprocess
import sys

from tests.browser import ROOT
from tests.engine.runs.test_imports import HEAVY

CODE = f"""
import sys
from tests.pages import open_page

for lab in ("vat", "arae", "attacks"):
    page = open_page(lab)
    assert not page.exception, page.exception
    loaded = [name for name in "{HEAVY}".split() if name in sys.modules]
    if loaded:
        sys.exit(f"the page {{lab}} imports {{loaded[0]}}")
"""


def test_pages_import_no_large_library():
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=200)
    assert done.returncode == 0, done.stderr[-600:]
