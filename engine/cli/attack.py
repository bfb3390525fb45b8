"""`python -m engine attack`: one photograph, one attack, from the command line; `train-digits`,
`digit-errors`: the digit nets that ship.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.attacks import ATTACKS, run
from engine.core.declare import InvalidValue
from engine.core.streams import stream
from engine.data import photos
from engine.methods.attacks.knobs import GREY, attack_of
from engine.methods.attacks.perturbation_figures import noise_like, rounded, sizes
from engine.metrics.ssim import ssim


def add_commands(commands: Any) -> None:
    """Put `attack`, `train-digits` and `digit-errors` among the subcommands."""
    attack = commands.add_parser("attack", help="attack an ImageNet classifier on one photograph")
    attack.add_argument(
        "--image",
        required=True,
        metavar="FILE",
        help=f"PNG, JPEG or WebP file, or one that ships: {', '.join(photos.SHIPPED)}",
    )
    attack.add_argument(
        "--model", default="tf_efficientnet_lite0", metavar="NAME", help="tf_efficientnet_lite0 and squeezenet1_1 ship"
    )
    attack.add_argument("--method", default="pgd", metavar="NAME", help=", ".join(ATTACKS))
    attack.add_argument("--norm", default="linf", metavar="NAME", help="linf or l2")
    attack.add_argument(
        "--epsilon", type=_fraction, metavar="RADIUS", help="in pixel units, such as 2/255 (default) or, in L2, 1.5"
    )
    attack.add_argument(
        "--step-size", type=_fraction, metavar="LENGTH", help="in pixel units (default: a quarter of epsilon)"
    )
    attack.add_argument("--steps", default=30, metavar="N")
    attack.add_argument("--restarts", default=0, metavar="N")
    attack.add_argument("--target", default="", metavar="CLASS", help="an ImageNet class name, such as airliner")
    attack.add_argument(
        "--crop", default="", metavar="X0,Y0,X1,Y1", help="the part of the photograph to use, in its pixels"
    )
    attack.add_argument(
        "--knob",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other knob of the attack lab, such as momentum=.9",
    )
    attack.add_argument("--seed", type=int, default=0)
    attack.add_argument(
        "--out",
        metavar="FILE",
        help="write the adversarial image: .png (eight bits a channel) or .npy (exact, float32)",
    )
    attack.add_argument("--delta", metavar="FILE", help="write the perturbation as .npy, float32 (H, W, 3)")
    attack.add_argument("--json", action="store_true", help="print one JSON value on stdout and nothing else")
    attack.set_defaults(call=_attack)
    train = commands.add_parser("train-digits", help="train one of the digit classifiers that ship")
    train.add_argument("name")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--out", metavar="FILE", help="where to write the weights (default: NAME.safetensors)")
    train.add_argument("--json", action="store_true")
    train.set_defaults(call=_train)
    told = commands.add_parser(
        "digit-errors", help="test errors of the digit classifiers that ship: clean, FGSM, PGD of 40 steps"
    )
    told.add_argument("names", nargs="*", metavar="NAME", help="which (default: all)")
    told.add_argument(
        "--epsilon",
        type=_fraction,
        metavar="RADIUS",
        help="in pixel units (default: .1; for a net trained to withstand another, that)",
    )
    told.add_argument(
        "--count", type=int, default=10_000, metavar="N", help="the first N of the 10,000 test digits (default: all)"
    )
    told.add_argument("--json", action="store_true", help="print one JSON value on stdout and nothing else")
    told.set_defaults(call=_errors)


def _fraction(text: str) -> float:
    try:
        value = float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number: give one such as 0.01 or 2/255") from None
    if not 0 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: give a number from 0")
    return value


def _attack(options: argparse.Namespace) -> int:
    from engine.methods.attacks.photos import PhotoAttack
    from engine.nn.imagenet import classifiers
    from engine.nn.imagenet.class_names import index, names

    picture = options.image
    if picture not in photos.SHIPPED:
        picture = photos.store(Path(picture).read_bytes())
    suffix = Path(options.out).suffix.lower() if options.out else ".png"
    if suffix not in (".png", ".npy"):
        raise InvalidValue(f"--out {options.out}: choose a name that ends in .png or .npy, which keep every pixel")
    side = classifiers.load(options.model).side
    setup = PhotoAttack.make_setup(
        {"picture": picture, "model": options.model, "side": side, **({"crop": options.crop} if options.crop else {})}
    )
    method = PhotoAttack(setup, (options.seed,))
    knobs = PhotoAttack.make_knobs(setup, _knobs(options, names()[index(options.target)] if options.target else ""))
    attack, norm, epsilon, settings = attack_of(knobs)
    start = time.monotonic()
    image = run(attack, task := method.task(knobs), settings, method.starts)[0]
    seconds = time.monotonic() - start
    delta = image - method.x[0]
    with torch.no_grad():
        noise = noise_like(delta, norm.name, stream(options.seed, "noise"))
        after, kept, noisy = (method.model(i[None]) for i in (image, rounded(image), (method.x[0] + noise).clamp(0, 1)))
    report = {
        "image": options.image,
        "model": options.model,
        "method": attack.name,
        "norm": norm.name,
        "epsilon": epsilon,
        "steps": attack.steps(settings),
        "target": knobs.target or None,
        "before": _top(method.clean),
        "after": _top(after),
        **sizes(delta),
        "ssim": ssim(method.x[0], image),
        "success": bool(task.succeeded(after)),
        "survives_8bit": bool(task.succeeded(kept)),
        "noise": _top(noisy),
        "seconds": round(seconds, 3),
    }
    if options.out and suffix == ".png":
        Image.fromarray(photos.to_bytes(image)).save(options.out)
    elif options.out:
        np.save(options.out, image.permute(1, 2, 0).contiguous().numpy())
    if options.delta:
        np.save(options.delta, delta.permute(1, 2, 0).contiguous().numpy())
    print(json.dumps(report) if options.json else _text(report))
    return 0


def _knobs(options: argparse.Namespace, target: str) -> dict[str, Any]:
    """The options as knobs. ε and the step are asked for in pixel units; the knobs of L∞ count grey
    levels.
    """
    from engine.methods.attacks.photos import PhotoAttack

    out: dict[str, Any] = {
        "method": options.method,
        "norm": options.norm,
        "steps": options.steps,
        "restarts": options.restarts,
        "target": target,
    }
    flat = options.norm == "linf"
    epsilon = options.epsilon if options.epsilon is not None else 2 / GREY if flat else 1.0
    step = options.step_size if options.step_size is not None else epsilon / 4
    declared = PhotoAttack.Knobs.declarations()
    for name, value in (("epsilon", epsilon), ("step_size", step)):
        key = name if flat else f"{name}_l2"
        value = value * GREY if flat else value
        out[key] = max(value, declared[key].low) if name == "step_size" and options.step_size is None else value
    for text in options.knob:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidValue(f"{text!r} is not NAME=VALUE")
        out[name] = value
    return out


def _top(logits: torch.Tensor, most: int = 5) -> list[list[Any]]:
    """[class, probability] of the likeliest classes."""
    from engine.nn.imagenet.class_names import names

    p, rows = logits.softmax(1)[0].topk(most)
    return [[names()[i], value] for i, value in zip(rows.tolist(), p.tolist())]


def _text(r: dict[str, Any]) -> str:
    def line(title: str, rows: list[list[Any]]) -> str:
        return f"  {title:9}" + ", ".join(f"{name} {p:.3f}" for name, p in rows[:3])

    fate = "survives" if r["survives_8bit"] else "does not survive"
    outcome = f"succeeds and {fate} rounding to eight bits" if r["success"] else "does not succeed"
    return "\n".join(
        [
            f"{ATTACKS[r['method']].title}{' to ' + r['target'] if r['target'] else ''} on {r['model']}: "
            f"{outcome}, {r['seconds']:.1f} s",
            line("before", r["before"]),
            line("after", r["after"]),
            line("noise", r["noise"]),
            f"  L∞ {r['linf'] * GREY:.3f}/255, L2 {r['l2']:.3f}, L0 {r['l0']:.0f} pixels, SSIM {r['ssim']:.4f}",
        ]
    )


def _train(options: argparse.Namespace) -> int:
    from engine.methods.training.classifier_recipes import errors, train
    from engine.nn.digit_classifiers import NETS, open_file, save

    if options.name not in NETS:
        raise InvalidValue(f"there is no digit model {options.name!r}: known are {', '.join(NETS)}")
    out = options.out or f"{options.name}.safetensors"
    start = time.monotonic()
    net = None
    for share, loss, net in train(options.name, options.seed):  # noqa: B007  (the last one is kept)
        if not options.json and (sys.stderr.isatty() or round(share * 600) % 30 == 0):
            print(
                f"{100 * share:3.0f} %, loss {loss:.4f}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True
            )
    save(net, out)
    architecture, epsilon, title = NETS[options.name]
    report = {
        "name": options.name,
        "seconds": round(time.monotonic() - start),
        "epsilon": epsilon or 0.1,
        **errors(open_file(architecture, out), epsilon or 0.1),
    }
    text = f"{title}: test error {report['clean']:.2f} %, FGSM {report['fgsm']:.2f} %, PGD-40 {report['pgd']:.2f} % at ε = {report['epsilon']}; {out}"
    print(json.dumps(report) if options.json else text)
    return 0


def _errors(options: argparse.Namespace) -> int:
    """A table, a line as soon as it is known."""
    from engine.methods.training.classifier_recipes import errors
    from engine.nn.digit_classifiers import NETS, load

    nets = [(name, load(name)) for name in options.names or NETS]
    if not 1 <= options.count <= 10_000:
        raise InvalidValue(f"--count {options.count} is not allowed: give a number from 1 to 10000")
    if not options.json:
        print(
            f"{'':15} {'ε':>5} {'clean':>7} {'FGSM':>7} {'PGD-40':>7}   per cent of {options.count} test digits",
            flush=True,
        )
    reports = []
    for name, net in nets:
        epsilon = options.epsilon if options.epsilon is not None else NETS[name][1] or 0.1
        found = errors(net, epsilon, options.count)
        reports.append({"name": name, "epsilon": epsilon, "count": options.count, **found})
        if not options.json:
            print(
                f"{name:15} {epsilon:5.3g} {found['clean']:7.2f} {found['fgsm']:7.2f} {found['pgd']:7.2f}", flush=True
            )
    if options.json:
        print(json.dumps(reports))
    return 0
