"""How many files a server may have open."""

import subprocess
import sys

import pytest

from app.operations.files import MOST, allow_many, open_files
from tests.browser import ROOT

CODE = """
import resource
from app.operations.files import allow_many
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(allow_many(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("soft, hard", [(256, 900), (900, 900)])
def test_the_limit_is_raised_as_far_as_the_system_lets_it(soft, hard):
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(soft=soft, hard=hard)], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert done.stdout.split() == [str(min(MOST, hard))] * 2 + [str(hard)], done.stderr


def test_open_files_are_counted(tmp_path):
    before = open_files()
    with open(tmp_path / "x", "w", encoding="utf-8"), open(tmp_path / "y", "w", encoding="utf-8"):
        assert open_files() in (0, before + 2)
    assert allow_many() >= 0
