"""The attack lab on this machine: click to picture, the hog's way to an airliner, memory.

`python -m tests.benchmarks.attacks.page`
"""

from __future__ import annotations

import itertools
import statistics
from pathlib import Path

from tests.benchmarks.browsing import browsing
from tests.browser import Server, open_lab, stage, until

TIMES = 7
# From the click on play to the painted frame in which the attack has come to rest (or `when`
# holds), in milliseconds.
CLICK = """() => new Promise((done) => {
  const s = window.saddle.stages.attacks, before = s.owner.shown.generation, start = performance.now();
  const off = s.subscribe(() => {
    if (s.owner.shown.generation > before && WHEN) { off(); done(performance.now() - start); }
  });
  s.owner.root.querySelector(".play").click();
})"""
RESTS = "s.metrics.rests === 1 && !s.playing"
DIGITS = {  # name → (query, milliseconds wanted)
    "FGSM": ("method=fgsm&epsilon=51", 60), "PGD, 40 steps": ("method=pgd&steps=40", 250),
    "Carlini–Wagner, 3 × 40 steps": ("method=cw&norm=l2&epsilon_l2=20&target=3", 1000),
}  # fmt: skip


def memory(server: Server) -> float:
    """Resident memory of the server, MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Print the figures of one session in headless Chromium at 1366×768."""
    with browsing() as (browser, server):
        for (name, (query, wanted)), who in itertools.product(DIGITS.items(), ("cnn", "all")):
            page = open_lab(browser, f"{server.url}/attacks?tab=digits&attacked={who}&{query}", name="attacks")
            until(page, RESTS, 60)
            page.wait_for_timeout(1000)
            took = sorted(page.evaluate(CLICK.replace("WHEN", RESTS)) for _ in range(TIMES))
            left = stage(page, "s.metrics['p_label.cnn']")
            print(
                f"{name}, one digit on {who}: median {statistics.median(took):.0f} ms, {took[0]:.0f} to "
                f"{took[-1]:.0f} (wanted {wanted} on the CNN); "
                f"p(label) on the CNN {left:.3f}",
                flush=True,
            )
            page.context.close()
        page = open_lab(browser, f"{server.url}/attacks?target=airliner&steps=100", name="attacks")
        page.wait_for_timeout(1000)
        start = page.evaluate(CLICK.replace("s.owner.shown.generation > before && WHEN", "s.metrics['p.target'] > 0.9"))
        print(
            f"hog → airliner, click to p > .9: {start / 1000:.1f} s, at step {stage(page, 's.step')} (wanted "
            f"20 s, 100 steps)",
            flush=True,
        )
        until(page, RESTS, 120)
        print(
            f"after 100 steps p(airliner) = {stage(page, 's.metrics[`p.target`]'):.4f}; survives eight bits: "
            f"{stage(page, 's.metrics.survives_8bit')}"
        )
        page.get_by_role("button", name="Measure transfer").click()
        page.wait_for_selector(".saddle-measurement table", timeout=240_000)
        print(f"server with both models: {memory(server):.0f} MB (at most 1500)")


if __name__ == "__main__":
    main()
