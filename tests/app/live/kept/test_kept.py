"""What is kept on disk: whole or not at all, the last two states, and nothing damaged is used."""

import os
import stat

import pytest

from app.live.kept import kept as kept_module
from app.live.kept.folder import Folder, Taken, lasting
from app.live.kept.kept import Kept, Memory, found
from app.live.kept.record import Damaged, Record, key_of, seal, unseal
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.methods.vat.vat import VAT
from engine.runs.run import Run

KEY = key_of("a token")
RECORD = Record("v", "vat", {"test": 50}, 3, knobs={"lam": 2.0})


def snapshot(steps):
    """A file of a small run after so many steps."""
    run = Run(VAT, VAT.make_setup({"test": 50, "hidden": 4}), 0)
    run.advance(run.knobs, steps)
    return run.snapshot().to_bytes()


FILES = [snapshot(steps) for steps in (1, 2, 3)]


def step(data):
    return Snapshot.from_bytes(data).step


@pytest.fixture
def folder(tmp_path):
    folder = Folder(tmp_path / "state")
    yield folder
    folder.release()


@pytest.fixture
def kept(folder):
    return Kept(folder, Memory(), KEY, RECORD)


def again(folder):
    """What a server that starts later finds."""
    folder.release()
    return list(found(Folder(folder.path), Memory()))


def test_the_last_two_snapshots_are_kept_and_a_later_server_finds_them(folder, kept):
    for number, data in enumerate(FILES, 1):
        kept.put(data, life=(0, number), playing=True)
    assert [step(data) for data in kept.sources()] == [3, 2]
    assert len(list(folder.path.glob("*.snapshot"))) == 2
    (later,) = again(folder)
    assert later.record == kept.record and later.record.life == (0, 3) and later.key == KEY
    later.put(FILES[0], life=(1, 1))  # its name is none that there is
    assert [step(data) for data in later.sources()] == [1, 3]


@pytest.mark.parametrize("at", [0, 20, 30, 200, -1])
def test_no_damaged_snapshot_is_used_and_the_one_before_is(folder, kept, caplog, at):
    """at: the byte that is damaged: of the mark, the checksum, the header's length, the header, and
    the tensors."""
    kept.put(FILES[0], life=(0, 1))
    kept.put(FILES[1], life=(0, 2))
    path = folder.path / kept.record.snapshots[0]
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    sound = []
    for source in kept.sources():
        try:
            sound.append(step(source))
        except InvalidSnapshot:
            assert at == -1  # found where it is opened
    assert sound == [1] and (at == -1 or "earlier one is tried" in caplog.text)


@pytest.mark.parametrize("size", [0, 10, 40, -100])
def test_a_snapshot_that_was_cut_short_is_not_used(folder, kept, size):
    kept.put(FILES[0])
    kept.put(FILES[1])
    path = folder.path / kept.record.snapshots[0]
    path.write_bytes(path.read_bytes()[:size])
    for number, source in enumerate(kept.sources()):
        if size == -100 and not number:
            with pytest.raises(InvalidSnapshot):
                Snapshot.from_bytes(source)
        else:
            assert step(source) == 1


def test_a_damaged_record_gives_way_to_the_one_before(folder, kept, caplog):
    kept.put(FILES[0], life=(0, 1))
    kept.put(FILES[1], life=(0, 2))
    kept.put(FILES[2], life=(0, 3))
    path = folder.path / f"{KEY}.session"
    path.write_bytes(path.read_bytes().replace(b'"vat"', b'"gan"'))
    (later,) = again(folder)
    assert later.record.life == (0, 2) and step(next(later.sources())) == 2
    assert "earlier state is tried" in caplog.text


def test_foreign_and_unfinished_files_are_harmless(folder, kept):
    kept.put(FILES[0])
    (folder.path / "notes.txt").write_text("mine", encoding="utf-8")
    (folder.path / "folder").mkdir()
    for name in (f"{KEY}.session.part", f"{KEY}.new", f"{KEY}-9.snapshot", f"{'0' * 32}.session"):
        (folder.path / name).write_bytes(b"half")
    (later,) = again(folder)
    assert step(next(later.sources())) == 1
    left = {path.name for path in folder.path.iterdir()}
    assert left == {"lock", "notes.txt", "folder", f"{KEY}.session", later.record.snapshots[0]}


def test_a_folder_is_private_and_has_one_server(folder, caplog):
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    folder.write("x", b"data")
    assert stat.S_IMODE((folder.path / "x").stat().st_mode) == 0o600
    with pytest.raises(Taken):
        Folder(folder.path)
    other = lasting(folder.path)
    assert not other.lasting and other.path != folder.path and "do not outlast" in caplog.text


def test_a_full_disk_leaves_the_last_file_and_memory_has_the_state(folder, kept, caplog, monkeypatch):
    kept.put(FILES[0], life=(0, 1))

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write", full)
        kept.put(FILES[1], life=(0, 2))
        kept.put(FILES[2], life=(0, 3))
    assert [step(data) for data in kept.sources()] == [3, 1]
    assert caplog.text.count("No space left on device") == 1 and "stays in memory" in caplog.text
    kept.put(FILES[1], life=(0, 2))
    assert "again" in caplog.text and [step(data) for data in kept.sources()] == [2, 1]
    assert not list(folder.path.glob("*.part"))


def test_memory_for_what_the_disk_does_not_take_is_bounded(monkeypatch):
    monkeypatch.setattr(kept_module, "MOST_IN_MEMORY", 10)
    memory = Memory()
    assert memory.put("a", b"123456") and not memory.put("b", b"12345") and memory.put("a", b"1234567890")
    memory.drop("a")
    assert memory.get("a") is None and memory.put("b", b"12345")


def test_bytes_on_disk_are_bounded(folder, monkeypatch):
    monkeypatch.setattr("app.live.kept.folder.MOST_BYTES", 100)
    folder.write("a", b"x" * 60)
    with pytest.raises(OSError):
        folder.write("b", b"x" * 60)
    folder.remove("a")
    folder.write("b", b"x" * 60)


def test_forgetting_leaves_nothing(folder, kept):
    kept.put(FILES[0])
    kept.put(FILES[1])
    kept.forget()
    assert os.listdir(folder.path) == ["lock"]


def test_a_record_does_not_give_its_token_away(folder, kept):
    token, owner = "a" * 32, "the name of a Streamlit session"
    kept.put(owner=key_of(owner), sealed=seal(token, owner))
    for path in folder.path.iterdir():
        data = path.read_bytes()
        assert token.encode() not in data and owner.encode() not in data
    assert unseal(kept.record.sealed, owner) == token != unseal(kept.record.sealed, "another")
    assert seal(token, "") == "" and unseal("?", owner) == ""


@pytest.mark.parametrize("data", [b"", b"x", b"saddle-session-1 0\n{}", RECORD.to_bytes()[:-1]])
def test_what_is_no_record_is_refused(data):
    with pytest.raises(Damaged):
        Record.from_bytes(data)
