"""What `tests.replay` runs inside a checkout, whatever its layout: train, save, and look.

Started as `python -c SOURCE FOLDER CASES` in the checkout's folder. It uses the command line alone,
whose words do not change, and finds the class `Run` among the modules that the command line has
loaded. For each case NAME it writes NAME.snapshot, NAME.json (exit code, output, and the error line
or what was raised) and NAME.layers (all layers of the last frame, as safetensors).
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import safetensors.numpy

from engine.__main__ import main

folder, cases = Path(sys.argv[1]), json.loads(sys.argv[2])


def find_run():
    """The class Run, in whichever module of the engine it stands."""
    modules = [m for name, m in sys.modules.items() if name.startswith("engine.")]
    return next(m.Run for m in modules if isinstance(getattr(m, "Run", None), type))


def find_snapshot(run):
    """The class Snapshot, likewise."""
    return sys.modules[run.__module__].Snapshot


def carry_out(arguments, path, layers_path):
    """Exit code, report and error line of one case."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([*arguments, "--save", str(path), "--json"])
        except SystemExit as stop:
            code = stop.code
    report = json.loads(out.getvalue()) if code == 0 else None
    if report:
        report.pop("seconds")
        run = find_run()
        restored = run.restore(find_snapshot(run).open(path))
        method = type(restored.method)
        layers = restored.frame((), tuple(method.frame_layers) + tuple(method.scene_layers)).layers
        arrays = {k: np.ascontiguousarray(v) for k, v in layers.items() if isinstance(v, np.ndarray) and v.size}
        safetensors.numpy.save_file(arrays, layers_path)
    return {"code": code, "report": report, "error": err.getvalue()}


for name, arguments in cases.items():
    try:
        answer = carry_out(arguments, folder / f"{name}.snapshot", folder / f"{name}.layers")
    except Exception as error:  # a fault of this side; the other cases go on
        answer = {"code": "raised", "report": None, "error": f"{type(error).__name__}: {error}"}
    (folder / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")
    print(name, flush=True)
