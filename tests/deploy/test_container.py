"""The Dockerfile's steps without Docker: what it copies is all that a server needs, which runs as a
user who may write nothing there, is found healthy, and ends when it is told to.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.browser import ROOT, free_port

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
NOBODY = 65534


def entry(name: str) -> list[str]:
    """The words of an ENTRYPOINT or CMD."""
    return json.loads(re.findall(rf"{name} (\[.*\])", TEXT)[-1])


def another_user() -> dict[str, object]:
    """Options that run a process as a user who owns nothing, where that user can reach Python."""
    python = Path(sys.executable).resolve()
    reached = all(folder.stat().st_mode & 0o001 for folder in (*python.parents, *Path(sys.executable).parents))
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 and reached else {}


def files(folder: Path) -> dict[Path, int]:
    """All files of a folder, with when they were written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="for systems with users")
def test_what_the_image_has_is_all_that_a_server_needs(tmp_path):
    inside = tmp_path / "saddle"
    for source, target in re.findall(r"^COPY (?!--from)(\S+) (\S+)$", TEXT, re.M):
        if target != "/":
            shutil.copytree(ROOT / source, inside / target, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    settings = {"STREAMLIT_SERVER_PORT": str(free_port()), "STREAMLIT_SERVER_BASE_URL_PATH": "", "SADDLE_VERSION": "v1"}
    known = {k: v for k, v in os.environ.items() if not k.startswith(("SADDLE", "STREAMLIT"))}
    options = {
        "cwd": inside,
        "env": {**known, **settings, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "SADDLE_LOG_FORMAT": "json"},
        **another_user(),
    }
    before = files(inside)
    check = [sys.executable, *entry("HEALTHCHECK.* CMD")[1:]]
    address = ["127.0.0.1" if word == "0.0.0.0" else word for word in entry("ENTRYPOINT")[1:]]  # a test stays here
    log = tmp_path / "log.txt"
    with open(log, "wb") as out:
        server = subprocess.Popen([sys.executable, *address], stdout=out, stderr=out, **options)
    try:
        assert subprocess.run(check, capture_output=True, timeout=30, **options).returncode == 1  # it starts
        deadline = time.monotonic() + 60
        while (done := subprocess.run(check, capture_output=True, timeout=30, **options)).returncode:
            assert time.monotonic() < deadline and server.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.3)
        assert json.loads(done.stdout)["version"] == "v1"
        server.send_signal(signal.SIGTERM)
        server.wait(15)
        assert '"event": "end"' in log.read_text(encoding="utf-8")
        assert files(inside) == before  # the image may be read-only
    finally:
        server.kill()


def test_the_image_leaves_out_what_it_does_not_need():
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"]
    copied = re.findall(r"^COPY (?!--from)(\S+) ", TEXT, re.M)
    assert sorted(kept) == sorted(copied)
    assert "USER saddle" in TEXT and TEXT.index("COPY requirements.txt") < TEXT.index("COPY app")


def test_the_example_names_settings_that_there_are():
    from app.settings.declared import Settings, variable

    compose = (ROOT / ".deploy" / "compose.yaml").read_text(encoding="utf-8")
    used = set(re.findall(r"^ +(SADDLE_\w+):", compose, re.M)) | set(re.findall(r"(SADDLE_\w+)=", TEXT))
    assert used <= set(map(variable, Settings.declarations())) and "SADDLE_HOSTS" in used
    needed = set(re.findall(r"\$\{(\w+)\}", (ROOT / ".deploy" / "nginx.conf.template").read_text(encoding="utf-8")))
    assert needed == set(re.findall(r"^ {6}([A-Z_]+): ", compose.partition("nginx:stable")[2], re.M))
