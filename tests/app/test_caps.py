"""README's table of what is capped, from the settings and constants that do it; and the tests that
README names are there.
"""

import ast
import re
import tomllib

from app import routes
from app.live import protocol, replies, websocket
from app.live.kept import folder
from app.live.rooms import entrance, room, rooms, socket
from app.live.rooms.words import CODE_LENGTH, LETTERS
from app.settings.declared import Settings
from engine.core import snapshot
from engine.data import photos, points_csv
from engine.data.text import own_sentences
from engine.runs import timeline
from tests.browser import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
MB = 2**20


def table():
    """The rows of the table."""
    d = {name: declaration.default for name, declaration in Settings.declarations().items()}
    streamlit = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]
    rows = {
        "runs in memory; of one visitor; with those that rest": (
            f"{d['runs']}; {d['runs_per_visitor']}; {d['kept_per_visitor']}",
            "`runs`, `runs_per_visitor`, `kept_per_visitor`",
        ),
        "a run that nobody watches": (
            f"rests after {d['drop_after']:g} s, is forgotten after {d['forget_after'] / 3600:g} h",
            "`drop_after`, `forget_after`",
        ),
        "messages of one page": (
            f"{websocket.RATE:g} a second, {websocket.BURST:g} at once, {protocol.MOST_BYTES >> 10} kB each; closed "
            f"after {websocket.MOST_REFUSED} that are refused",
            "`messages_per_second`",
        ),
        "a socket without a hello": (f"closed after {websocket.HELLO_WITHIN:g} s", ""),
        "measurements of one page at once": (f"{replies.MOST_MEASUREMENTS}", ""),
        "rooms; people in one": (f"{d['rooms']}; {d['people_per_room']}", "`rooms`, `people_per_room`"),
        "messages of one tab in a room": (
            f"{socket.RATE:g} a second; closed after {socket.MOST_REFUSED} that are refused",
            "",
        ),
        f"guesses of a room's code (1 of {len(LETTERS) ** CODE_LENGTH / 1e6:.0f} million)": (
            f"{rooms.UNKNOWN_CODES} a minute of all together, {entrance.MOST_TRIES} of one socket",
            "",
        ),
        "wrong passwords of one room": (f"{room.WRONG_TRIES} a minute of all together", ""),
        "a room": (
            f"ends after {room.EMPTY_FOR / 60:g} minutes without anybody, and after {room.LONGEST_ROOM / 3600:g} h",
            "",
        ),
        "an uploaded file": (
            f"{streamlit['maxUploadSize']} MB; a saved run {snapshot.MOST_MB} MB; a photograph "
            f"{photos.MOST_BYTES / 1e6:g} MB and {photos.MOST_PIXELS / 1e6:g} million pixels; sentences "
            f"{own_sentences.MOST_BYTES / 1e6:g} MB and {own_sentences.MOST_ROWS:,} lines; points "
            f"{points_csv.MOST_BYTES / 1e6:g} MB and {points_csv.MOST_ROWS:,} rows",
            "Streamlit's `server.maxUploadSize`",
        ),
        "photographs kept in a process": (f"{photos.STORED_BYTES / 1e6:g} MB", ""),
        "snapshots for going back": (
            f"{timeline.MOST_BYTES // MB} MB a run, {timeline.MOST_BYTES_IN_ALL // MB} MB a process",
            "",
        ),
        "runs kept on disk": (f"{folder.MOST_BYTES / 2**30:g} GB", "`disk`"),
        "an animation": (f"{routes.MOST_FRAMES} frames; {routes.MOST_WAITING} wait while one is made", ""),
    }
    lines = [f"| {what} | {most} | {setting} |".replace("|  |", "| |") for what, (most, setting) in rows.items()]
    return "\n".join(["| what | most | setting |", "|---|---|---|", *lines])


def test_readme_has_the_caps_as_they_are():
    (found,) = re.findall(r"<!-- caps: .*? -->\n(.*?)\n<!-- end -->", README, re.S)
    assert found == table(), "write what tests.app.test_caps.table() gives"


def test_the_tests_that_readme_names_are_there():
    names = re.findall(r"`(tests/[\w/]+\.py)`(?:, `(test_\w+)`)?", README)
    assert len(names) >= 8
    for path, name in names:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not name or name in functions, (path, name)
