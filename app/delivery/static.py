"""Streamlit's own files, compressed once and sent from memory, and the head of its page.

Streamlit sends its scripts as they are, on purpose: its middleware would compress them again for
every request. A first page is 2.3 MB then, which thirty laptops on one Wi-Fi feel. Here every file
is compressed once, when it is first asked for or announced in the head, and kept.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

from app.delivery.bundle import WEB
from app.delivery.packed import FOR_GOOD, Packed, packed
from app.delivery.undelayed import send_at_once

MOST_KEPT = 16_000_000  # bytes of files kept in memory
# Elements of Streamlit that the labs use. Its page loads the script of each when the first one of
# them is to be drawn; announced in the head they come with the others.
ELEMENTS = (
    "BidiComponent",
    "Selectbox",
    "NumberInput",
    "Button",
    "Checkbox",
    "FileUploader",
    "Html",
    "ButtonGroup",
    "Popover",
    "Expander",
    "rehype-raw",
    "Autocomplete",
)
# Headers of a page that no longer hold once its head has changed.
CHANGED = (
    b"content-type",
    b"content-length",
    b"content-encoding",
    b"cache-control",
    b"vary",
    b"etag",
    b"accept-ranges",
)
# Tells Streamlit's page where its server is. Without it that page looks below its own address
# first, where nothing answers, and then a path higher.
SERVER_IS_AT = """<script>
(window.__streamlit ??= {{}}).BACKEND_BASE_URL =
  location.origin + location.pathname.replace(/\\/+$/, "").replace(/\\/{page}$/, "") + "/";
</script>
"""
ASK_WHY = "<script>\n" + (WEB / "refused.js").read_text(encoding="utf-8") + "</script>\n"
PAGE = re.compile(r"[\w-]*")
STATIC_IMPORT = re.compile(r'(?:\bfrom|\bimport)\s*"\./([\w.-]+\.js)"')


class Files:
    """The files of a folder by their path in it. Its functions may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._paths = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        self._kept: dict[str, Packed] = {}
        self._size = 0
        self._lock = threading.Lock()

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def ready(self, name: str) -> Packed | None:
        """A file that is in memory already."""
        return self._kept.get(name)

    def get(self, name: str) -> Packed:
        """A file, read and compressed where it is not in memory. Raises OSError."""
        if (found := self._kept.get(name)) is not None:
            return found
        file = packed(self._paths[name].read_bytes(), name)
        with self._lock:
            if name not in self._kept and self._size + len(file.body) <= MOST_KEPT:
                self._kept[name] = file
                self._size += len(file.body)
        return file

    def text(self, name: str) -> str:
        """A file's own text. Raises OSError."""
        return self._paths[name].read_text(encoding="utf-8")


def needed(files: Files, elements: tuple[str, ...] = ELEMENTS) -> list[str]:
    """The scripts that draw these elements and all that these import, without those that the page
    names itself. Empty where a release of Streamlit has other names.
    """
    scripts = {name.removeprefix("static/js/"): name for name in files if re.fullmatch(r"static/js/[\w.-]+\.js", name)}
    page = files.text("index.html") if "index.html" in files else ""
    found: dict[str, None] = {}
    waiting = [name for name in scripts if name.split(".")[0] in elements]
    while waiting:
        name = waiting.pop(0)
        if name in found or name in page or name not in scripts:
            continue
        found[name] = None
        waiting += STATIC_IMPORT.findall(files.text(scripts[name]))
    return [scripts[name] for name in found]


class Delivery:
    """Middleware: Streamlit's files from memory, and links to what a page will need in its head.

    base: the path that Streamlit is served from, such as "" or "/saddle". announced: the addresses
    below it of further scripts that a page needs.
    """

    def __init__(self, app: ASGIApp, base: str = "", announced: Callable[[], list[str]] = list) -> None:
        self._app = app
        self._base = base
        self._announced = announced
        self._files = Files(Path(file_util.get_static_dir()))
        self._needed: list[str] = []  # scripts to announce, once they are known
        send_at_once()  # the server's socket listens already
        threading.Thread(target=self._prepare, name="delivery", daemon=True).start()

    def _prepare(self) -> None:
        """Compress what the page names and what is announced, before somebody asks for it."""
        self._needed = needed(self._files)
        page = self._files.text("index.html") if "index.html" in self._files else ""
        for name in [n for n in self._files if n.rpartition("/")[2] in page] + self._needed:
            self._files.get(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        name = scope["path"].removeprefix(self._base).removeprefix("/")
        if name.startswith("static/") and name in self._files and "range" not in headers:
            file = self._files.ready(name) or await asyncio.to_thread(self._files.get, name)
            return await file.response(headers, FOR_GOOD)(scope, receive, send)
        if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            # Streamlit would compress it before it can be changed.
            plain = [(k, v) for k, v in scope["headers"] if k.lower() != b"accept-encoding"]
            return await self._app({**scope, "headers": plain}, receive, self._with_head(headers, name, send))
        await self._app(scope, receive, send)

    def _head(self, page: str) -> bytes:
        """What the head of a page also has. page: its path below the base."""
        place = SERVER_IS_AT.format(page=page) + ASK_WHY if PAGE.fullmatch(page) else ""
        names = [*self._announced(), *self._needed]
        links = [f'<link rel="modulepreload" crossorigin href="{self._base}/{name}">\n' for name in names]
        return "".join([place, *links]).encode()

    def _with_head(self, asked: Headers, page: str, send: Send) -> Send:
        """A `send` that adds to the head of an HTML page, and lets everything else pass.

        asked: the headers of the request. page: its path below the base.
        """
        start: Message | None = None
        body = bytearray()

        async def sent(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                html = Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")
                if message["status"] == 200 and html:
                    start = message
                    return
            elif start is not None and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                whole = bytes(body).replace(b"</head>", self._head(page) + b"</head>", 1)
                answer = packed(whole, "index.html").response(asked, "no-cache")
                kept = [(k, v) for k, v in start["headers"] if k.lower() not in CHANGED]
                await send({**start, "headers": kept + answer.raw_headers})
                start = None
                message = {**message, "body": answer.body}
            await send(message)

        return sent
