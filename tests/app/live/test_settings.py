"""Settings from the environment."""

import os
import subprocess
import sys

import pytest

from tests.browser import ROOT


@pytest.mark.parametrize("value", ["many", "-1", "nan", "1e9"])
def test_a_setting_that_is_no_such_number_is_named(value):
    command = [sys.executable, "-c", "import app.live.settings"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "SADDLE_WORKERS": value}, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.strip() == f"SADDLE_WORKERS = {value!r} is not allowed: give a number from 0 to 256."
