"""Assets: what ships beside the code, found from anywhere."""

from pathlib import Path

ASSETS = Path(__file__).parents[2] / "assets"
