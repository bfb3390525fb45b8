"""Where Ray is not installed, the command says so in one line."""

import importlib.util

import pytest

from app.live.crew.source import prepare
from app.live.ray.cluster import Cluster, NoCluster, Wanted
from app.settings.declared import Settings


def test_one_line_tells_how_to_install_it(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "ray" else find(name, *rest))
    with pytest.raises(NoCluster, match="pip install -r requirements-ray.txt") as problem:
        Cluster(Wanted())
    assert "\n" not in str(problem.value)
    monkeypatch.setattr("app.live.crew.source.settings", lambda: Settings(ray="auto"))
    with pytest.raises(NoCluster):
        prepare()


def test_addresses_that_can_be_none_are_refused():
    settings = Settings()
    for good in ("auto", "10.0.0.1:6379", "head.example.org:6379", "[::1]:6379", ""):
        assert settings.with_values({"ray": good}).ray == good
    for bad in ("yes", "10.0.0.1", "a b:1", "auto; rm"):
        with pytest.raises(ValueError, match="ray"):
            settings.with_values({"ray": bad})
