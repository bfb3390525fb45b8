"""Settings from saddle.toml and the environment, and what is said of those that are wrong."""

import os
import subprocess
import sys

import pytest

from app.settings.declared import Settings, variable
from app.settings.reading import BadSettings, read
from tests.browser import ROOT


def written(folder, text):
    (folder / "saddle.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_file_is_read_and_the_environment_comes_first(tmp_path):
    here, code = tmp_path / "here", tmp_path / "code"
    here.mkdir()
    code.mkdir()
    written(code, "runs = 7")
    assert read({}, (here, code)).settings.runs == 7
    written(here, 'runs = 8\ndrop_after = 5.5\nhosts = ["room.example", "*.local"]')
    found = read({"SADDLE_RUNS": "9"}, (here, code))
    assert found.settings == Settings(runs=9, drop_after=5.5, hosts="room.example, *.local")
    assert found.settings.names() == ("room.example", "*.local")
    assert found.sources == {
        "runs": "SADDLE_RUNS",
        "drop_after": str(here / "saddle.toml"),
        "hosts": str(here / "saddle.toml"),
    }
    assert read({"SADDLE_SETTINGS": str(code / "saddle.toml")}, (here,)).settings.runs == 7
    assert read({}, (tmp_path,)).settings == Settings()
    assert read({"SADDLE_METRICS_FROM": ""}, ()).settings.networks() == ()
    assert read({"SADDLE_RUNS": " "}, ()).settings.runs == 128


@pytest.mark.parametrize(
    "text, said",
    [
        ("worker = 2", "there is no setting 'worker': did you mean workers?"),
        ("workers = 300", "workers = 300 is not allowed: give a whole number from 0 to 256"),
        ("workers = true", "workers = True is not allowed"),
        ('workers = "2"', "give a number without quotation marks"),
        ("drop_after = nan", "give a number from 0 to 86400 seconds"),
        ('log_level = "loud"', "choose one of debug, info, warning, error"),
        ('hosts = "http://room"', "hosts = 'http://room' is not allowed"),
        ("hosts = [1]", "hosts = [1] is not allowed"),
        ('metrics_from = "10.0.0.0/64"', "give addresses or networks such as 10.0.0.0/8"),
        ("runs = ", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_key_and_what_is_allowed(tmp_path, text, said):
    with pytest.raises(BadSettings) as problem:
        read({}, (written(tmp_path, text),))
    line = str(problem.value)
    assert line.startswith(f"{tmp_path / 'saddle.toml'}") and said in line and "\n" not in line


def test_a_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(BadSettings, match="give the path of a file that is there"):
        read({"SADDLE_SETTINGS": str(tmp_path / "no.toml")}, ())


@pytest.mark.parametrize("value", ["many", "-1", "nan", "1e9", "2.5"])
def test_a_bad_variable_ends_the_program_with_one_line(value):
    done = ask("--settings", SADDLE_WORKERS=value)
    assert done.returncode == 1
    assert done.stderr.strip() == f"SADDLE_WORKERS = {value!r} is not allowed: give a whole number from 0 to 256."


def test_settings_are_shown_with_where_they_come_from_and_names_that_may_be_meant(tmp_path):
    written(tmp_path, "forget_after = 90")
    done = ask("--settings", folder=tmp_path, SADDLE_RUNS="11", SADDLE_WORKER="3")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["SADDLE_RUNS", "11", "environment"] in lines
    assert ["SADDLE_FORGET_AFTER", "90", str(tmp_path / "saddle.toml")] in lines
    assert ["SADDLE_KEPT_PER_VISITOR", "24", "default"] in lines
    assert all(variable(name) in done.stdout for name in Settings.declarations())
    assert "did you mean SADDLE_WORKERS?" in done.stdout


def test_help_and_settings_come_without_torch_and_streamlit():
    names = "sorted({'torch', 'streamlit', 'numpy'} & set(sys.modules))"
    for word in ("--help", "--settings"):
        code = (
            f"import sys\ntry:\n    from app.__main__ import main\n    main([{word!r}])\nfinally:\n    print({names})"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
        assert done.returncode == 0 and done.stdout.splitlines()[-1] == "[]", done.stderr
        assert "--settings" in done.stdout or "SADDLE_RUNS" in done.stdout


def ask(*words, folder=ROOT, **variables):
    """What `python -m app` says."""
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
