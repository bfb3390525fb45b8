"""Take the pictures of the home page and of README anew: assets/labs/LAB-THEME.webp.

    python -m tests.looks.cards [LAB ...]

Each shows a part of a lab's Stage, at work, in the light and in the dark theme.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser

from tests.browser import Server, chromium, find_browser, open_lab, until
from tests.looks import THEMES

FOLDER = Path(__file__).parents[2] / "assets" / "labs"
WINDOW = (1040, 900)
SHAPE = 2.1  # width over height
WIDTH = 880  # pixels of a file
QUALITY = 80
# Lab → its address, what to wait for (JavaScript over the Stage's handle s), and the panels at
# whose right and lower edges the picture ends.
SUBJECTS = {
    "vat": ("", "s.step > 1000", "dropout", "vat"),
    "gan": ("?tab=plane", "s.step > 1500", "optimal", "game"),
    "aae": ("?tab=aae&view=large", "s.painted > 0", "decoded", "codes"),
    "arae": ("?tab=transfer", "s.painted > 0", "typing", "typing"),
    "attacks": ("?tab=photographs", "s.painted > 0", "adversarial", "after"),
    "training": ("?tab=plane", "s.step > 400", "random", "vat"),
}


def take(browser: Browser, url: str, lab: str, theme: str) -> None:
    """Take one picture."""
    query, condition, *last = SUBJECTS[lab]
    width, height = WINDOW
    page = open_lab(browser, f"{url}/{lab}{query}", width, height, lab, color_scheme=theme, device_scale_factor=1.5)
    if lab == "attacks":
        page.evaluate("window.saddle.stages.attacks.play()")
    until(page, condition, 240)
    page.wait_for_timeout(4000)
    page.evaluate(f"window.saddle.stages.{lab}.pause()")
    page.wait_for_timeout(1000)
    x, y, right, bottom = page.evaluate(
        """([lab, last]) => {
          const grid = window.saddle.stages[lab].owner.grid;
          const box = (e) => e.getBoundingClientRect();
          const [wide, low] = last.map((name) => box(grid.querySelector(`[data-panel="${name}"]`)));
          return [box(grid).left, box(grid).top, wide.right, low.bottom];
        }""",
        [lab, last],
    )
    clip = {"x": x - 4, "y": y - 4, "width": right - x + 8, "height": bottom - y + 10}
    part = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    FOLDER.mkdir(exist_ok=True)
    size = (WIDTH, round(WIDTH / SHAPE))
    picture = ImageOps.pad(part, size, Image.Resampling.LANCZOS, color=part.getpixel((1, 1)))
    picture.save(FOLDER / f"{lab}-{theme}.webp", quality=QUALITY, method=6)
    page.context.close()


def main() -> None:
    """The command."""
    server = Server()
    try:
        with chromium(find_browser()) as browser:
            for lab in sys.argv[1:] or SUBJECTS:
                for theme in THEMES:
                    take(browser, server.url, lab, theme)
    finally:
        server.kill()


if __name__ == "__main__":
    main()
