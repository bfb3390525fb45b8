#!/bin/sh
# streamlit 1.67.0: a script that sets st.query_params while a page of st.navigation is opened by the
# menu makes two entries of the browser's history, and the first is an address that was never shown:
# the path of the page before with the query of the new one. The back button leads there.
#
# One expects one entry, /two?x=2: st.navigation has run, page.url_path is "two" when the parameter
# is set, and its message is sent first. But the browser writes the query at once, onto the path that
# its address still has, and the path only after React has taken up the new page.
#
# Seen: "pushed: /one /one?x=2 /two?x=2", "after going back: /one?x=2, page one". Fails if that
# changes. Needs Python 3.11+; uses the Chromium that it finds, or Playwright's.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet streamlit==1.67.0 playwright==1.55.0
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    export PLAYWRIGHT_BROWSERS_PATH="$folder/browsers"
    env/bin/python -m playwright install chromium
fi

cat > script.py <<'PY'
import streamlit as st


def home():
    st.write("page home")


def one():
    st.write("page one")


def two():
    st.write("page two")


page = st.navigation([st.Page(home, default=True), st.Page(one, url_path="one"), st.Page(two, url_path="two")])
if page.url_path == "two" and not st.query_params:
    st.query_params["x"] = "2"
page.run()
PY

cat > look.py <<'PY'
import socket
import subprocess
import sys

from playwright.sync_api import sync_playwright

RECORD = """window.pushed = [];
const push = history.pushState.bind(history);
history.pushState = (state, title, address) => { pushed.push(String(address)); push(state, title, address); };"""

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
options = f"--server.port={port} --server.address=127.0.0.1 --server.headless=true --browser.gatherUsageStats=false"
command = [sys.executable, "-m", "streamlit", "run", "script.py", *options.split()]
server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
try:
    while "URL" not in server.stdout.readline():
        assert server.poll() is None, "the server did not start"
    with sync_playwright() as play:
        page = play.chromium.launch(executable_path=sys.argv[1] or None).new_page()
        page.add_init_script(RECORD)
        page.goto(f"http://127.0.0.1:{port}/")
        main, link = page.get_by_test_id("stMain"), page.get_by_test_id("stSidebarNavLink")
        main.get_by_text("page home").wait_for()
        for name in ("one", "two"):
            link.filter(has_text=name).click()
            main.get_by_text(f"page {name}").wait_for()
            page.wait_for_timeout(1000)
        pushed = page.evaluate("pushed")
        page.go_back()
        main.get_by_text("page one").wait_for()
        address = page.url.removeprefix(f"http://127.0.0.1:{port}")
        print("pushed:", *pushed)
        print(f"after going back: {address}, {main.inner_text().strip()}")
finally:
    server.kill()
    server.wait()
assert pushed == ["/one", "/one?x=2", "/two?x=2"] and address == "/one?x=2"
PY
env/bin/python look.py "$browser"
