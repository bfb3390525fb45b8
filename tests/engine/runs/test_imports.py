"""What ships is shown without the large libraries, whose memory a server would never get back."""

import subprocess
import sys

HEAVY = "sympy sklearn scipy pandas pyarrow torchvision timm sacrebleu torch._dynamo"
CODE = f"""
import sys
from engine.core.registry import find
from engine.core.shipped import open_shipped, shipped
from engine.runs.run import Run

for name in ("vat", "gan", "gan-digits", "aae", "arae", "attack", "attack-digits", "training-digits"):
    kind = find(name)
    begun = next((entry.name for entry in shipped(name)), None)
    run = Run.restore(open_shipped(begun)) if begun else Run(kind, kind.make_setup({{}}), 0)
    run.advance(run.knobs)
    run.frame(kind.quick_metrics + kind.slow_metrics, (*kind.frame_layers, *kind.scene_layers))
    if name == "arae":
        run.method.ask(run.knobs, "transfer", {{"text": run.method.corpus.texts(run.method.corpus.held.ids[:1])[0]}})
    for loaded in "{HEAVY}".split():
        if loaded in sys.modules:
            sys.exit(f"{{name}} imports {{loaded}}")
"""


def test_no_run_that_ships_imports_a_large_library():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
