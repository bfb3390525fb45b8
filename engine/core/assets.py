"""Assets: the folder of files that ship beside the code, whatever the working directory is."""

from pathlib import Path

ASSETS = Path(__file__).parents[2] / "assets"
