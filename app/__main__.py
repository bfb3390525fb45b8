"""`python -m app [streamlit options]`: start the playground."""

import sys
from pathlib import Path

from streamlit.web import cli

if __name__ == "__main__":
    # Streamlit reads .streamlit/config.toml beside the app as well as in the working directory.
    sys.argv = ["streamlit", "run", str(Path(__file__).with_name("server.py")), *sys.argv[1:]]
    sys.exit(cli.main())
