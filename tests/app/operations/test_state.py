"""The commit of a checkout, from git's own files."""

from app.operations.state import _commit


def test_the_commit_is_read_from_gits_own_files(tmp_path):
    commit = "0123456789abcdef"
    assert _commit(tmp_path) == ""
    (tmp_path / "HEAD").write_text(commit, encoding="utf-8")
    assert _commit(tmp_path) == commit[:10]
    (tmp_path / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    assert _commit(tmp_path) == ""
    (tmp_path / "packed-refs").write_text(f"# pack-refs\n{commit} refs/heads/main\n", encoding="utf-8")
    assert _commit(tmp_path) == commit[:10]
    (tmp_path / "refs" / "heads").mkdir(parents=True)
    (tmp_path / "refs" / "heads" / "main").write_text("fedcba98765\n", encoding="utf-8")
    assert _commit(tmp_path) == "fedcba9876"
