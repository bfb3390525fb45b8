#!/bin/sh
# Streamlit 1.67.0 serves its whole page, fonts of icons included, from its own server, yet asks
# fonts.gstatic.com for the icon of the browser's tab as soon as a page of st.navigation has a
# Material icon. Its sidebar draws the same icon from the font that Streamlit ships.
#
# One expects an app without remote addresses to ask none, in a closed network or where visitors'
# addresses must not go to others. The mend: st.set_page_config(page_icon=...) with a picture of one's
# own BEFORE st.navigation; after it is too late, the request has gone out.
#
# Seen: "without: https://fonts.gstatic.com/s/i/short-term/release/materialsymbolsrounded/..." and
# "icon set before: none". Fails if that changes. Needs Python 3.11+ and a Chromium (CHROMIUM=path).
set -eu
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid 2>/dev/null) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet streamlit==1.67.0 playwright==1.61.0

cat > page.py <<'PY'
import streamlit as st
st.write("a page")
PY
cat > without.py <<'PY'
import streamlit as st
st.navigation([st.Page("page.py", title="One", icon=":material/shield:")]).run()
PY
cat > before.py <<'PY'
import streamlit as st
st.set_page_config(page_icon="icon.svg")
st.navigation([st.Page("page.py", title="One", icon=":material/shield:")]).run()
PY
echo '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>' > icon.svg

cat > look.py <<'PY'
import subprocess, sys, time, urllib.request
from urllib.parse import urlsplit
from playwright.sync_api import sync_playwright

def asked(script, port):
    """Addresses outside this machine that the browser asks for while the page opens."""
    server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", script, "--server.headless=true",
                               "--browser.gatherUsageStats=false", "--server.address=127.0.0.1", f"--server.port={port}"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    open(f"{script}.pid", "w", encoding="ascii").write(str(server.pid))
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.5)
        with sync_playwright() as p:
            browser = p.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
            page = browser.new_page()
            outside = []
            # Nothing outside is let through: only the asking is looked at.
            page.route("**/*", lambda route: route.continue_() if urlsplit(route.request.url).hostname == "127.0.0.1"
                       else (outside.append(route.request.url), route.abort()))
            page.goto(f"http://127.0.0.1:{port}")
            page.get_by_text("a page").wait_for(timeout=30000)
            page.wait_for_timeout(3000)
            icon = page.evaluate("document.querySelector('link[rel~=icon]').href")
            browser.close()
        return icon, outside
    finally:
        server.terminate()

fails = 0
for name, script, port, outside_expected in (("without", "without.py", 8611, True), ("icon set before", "before.py", 8612, False)):
    icon, outside = asked(script, port)
    outside = sorted({u for u in [icon, *outside] if u.startswith("http") and urlsplit(u).hostname != "127.0.0.1"})
    print(f"{name}: {outside[0] if outside else 'none'}")
    fails += bool([u for u in outside if "fonts.gstatic.com" in u]) != outside_expected
sys.exit(fails)
PY
env/bin/python look.py "$chromium"
echo "Streamlit $(env/bin/python -c 'import streamlit; print(streamlit.__version__)'): as described"
