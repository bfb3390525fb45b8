"""`python -m engine attack`: attack an ImageNet classifier on one photograph."""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.attacks import ATTACKS, run
from engine.cli.output import JSON_HELP, contents, fraction, name_values, writable
from engine.core.declare import Declaration, InvalidValue
from engine.core.streams import stream
from engine.data import photos
from engine.methods.attacks.knobs import GREY, attack_of
from engine.methods.attacks.perturbation_figures import noise_like, rounded, sizes
from engine.methods.attacks.photos import PhotoAttack
from engine.metrics.ssim import ssim
from engine.nn.imagenet import classifiers
from engine.nn.imagenet.class_names import index, names


def add_command(commands: Any) -> None:
    """Put `attack` among the subcommands."""
    attack = commands.add_parser("attack", help="attack an ImageNet classifier on one photograph")
    attack.add_argument(
        "--image",
        required=True,
        metavar="FILE",
        help=f"PNG, JPEG or WebP file, or an included one: {', '.join(photos.SHIPPED)}",
    )
    attack.add_argument(
        "--model",
        default="tf_efficientnet_lite0",
        metavar="NAME",
        help="tf_efficientnet_lite0 and squeezenet1_1 are included",
    )
    attack.add_argument("--method", default="pgd", metavar="NAME", help=", ".join(ATTACKS))
    attack.add_argument("--norm", default="linf", metavar="NAME", help="linf or l2")
    attack.add_argument(
        "--epsilon", type=fraction, metavar="RADIUS", help="in pixel units, such as 2/255 (default) or, in L2, 1.5"
    )
    attack.add_argument(
        "--step-size", type=fraction, metavar="LENGTH", help="in pixel units (default: a quarter of epsilon)"
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
        help="any other knob of the attack lab, such as momentum=0.9",
    )
    attack.add_argument("--seed", type=int, default=0)
    attack.add_argument(
        "--out",
        metavar="FILE",
        help="write the adversarial image: .png (eight bits a channel) or .npy (exact, float32)",
    )
    attack.add_argument("--delta", metavar="FILE", help="write the perturbation as .npy, float32 (H, W, 3)")
    attack.add_argument("--json", action="store_true", help=JSON_HELP)
    attack.set_defaults(call=_attack)


def _attack(options: argparse.Namespace) -> int:
    picture = options.image
    if picture not in photos.SHIPPED:
        picture = photos.store(contents(picture, "--image", photos.SHIPPED))
    writable(options.out, "--out")
    writable(options.delta, "--delta")
    suffix = Path(options.out).suffix.lower() if options.out else ".png"
    if suffix not in (".png", ".npy"):
        raise InvalidValue(f"--out {options.out}: choose a name that ends in .png or .npy, which keep every pixel")
    if options.out and options.delta and Path(options.out).absolute() == Path(options.delta).absolute():
        raise InvalidValue(f"--out and --delta are both {options.out}: give each a file of its own")
    side = classifiers.load(options.model).side
    crop = {"crop": options.crop} if options.crop else {}
    setup = PhotoAttack.make_setup({"picture": picture, "model": options.model, "side": side, **crop})
    method = PhotoAttack(setup, (options.seed,))
    knobs = PhotoAttack.make_knobs(setup, _knobs(options))
    attack, norm, epsilon, settings = attack_of(knobs)
    task = method.task(knobs)
    start = time.monotonic()
    image = run(attack, task, settings, method.starts)[0]
    seconds = time.monotonic() - start
    delta = image - method.x[0]
    with torch.no_grad():
        noise = noise_like(delta, norm.name, stream(options.seed, "noise"))
        after = method.model(image[None])
        eight_bit = rounded(image)
        after_rounding = method.model(eight_bit[None])
        after_noise = method.model((method.x[0] + noise).clamp(0, 1)[None])
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
        "survives_8bit": bool(task.succeeded(after_rounding)),
        **{f"{name}_8bit": size for name, size in sizes(eight_bit - method.x[0]).items() if name != "l0"},
        "noise": _top(after_noise),
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


def _knobs(options: argparse.Namespace) -> dict[str, Any]:
    """The options as knobs. ε and the step size are given in pixel units; the knobs of L∞ count
    grey levels (1/255).
    """
    out: dict[str, Any] = {
        "method": options.method,
        "norm": options.norm,
        "steps": options.steps,
        "restarts": options.restarts,
        "target": names()[index(options.target)] if options.target else "",
    }
    linf = options.norm == "linf"
    scale = GREY if linf else 1
    epsilon_name, step_name = ("epsilon", "step_size") if linf else ("epsilon_l2", "step_size_l2")
    declared = PhotoAttack.Knobs.declarations()
    epsilon = options.epsilon
    if epsilon is None:
        epsilon = 2 / GREY if linf else 1.0
    _in_range("--epsilon", epsilon, declared[epsilon_name], scale)
    out[epsilon_name] = _levels(epsilon, scale)
    if options.step_size is None:
        out[step_name] = max(epsilon / 4 * scale, declared[step_name].low)
    else:
        out[step_name] = _in_range("--step-size", options.step_size, declared[step_name], scale)
    return {**out, **dict(name_values(options.knob))}


def _levels(epsilon: float, scale: float) -> float:
    """ε in units of a 1/scale-th of a pixel's range, and not above ε where it is converted back."""
    levels = epsilon * scale
    return math.nextafter(levels, 0) if levels / scale > epsilon else levels


def _in_range(option: str, value: float, declared: Declaration, scale: int) -> float:
    """`value`, in pixel units, as the knob `declared`, which counts 1/scale of them.

    Raises InvalidValue in the units of the option.
    """
    knob = value * scale
    if knob == 0 and declared.zero or declared.low <= knob <= declared.high:
        return knob
    if knob < declared.low:
        bound = f"the smallest{' above 0' if declared.zero else ''} is {_pixel_units(declared.low, scale)}"
        meant = ""
    else:
        bound = f"the largest is {_pixel_units(declared.high, scale)}"
        meant = f"; did you mean {value:g}/255?" if value <= 255 else ""
    raise InvalidValue(f"{option} is {value:g}: {bound}, since pixels go from 0 to 1{meant}")


def _pixel_units(value: float, scale: int) -> str:
    return f"{value / scale:.3g} ({value:g}/255)" if scale == GREY else f"{value:g}"


def _top(logits: torch.Tensor, most: int = 5) -> list[list[Any]]:
    """[class, probability] of the likeliest classes."""
    p, rows = logits.softmax(1)[0].topk(most)
    return [[names()[i], value] for i, value in zip(rows.tolist(), p.tolist())]


def _text(r: dict[str, Any]) -> str:
    """The report in six lines."""

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
            f"  rounded to eight bits: L∞ {r['linf_8bit'] * GREY:.3f}/255, L2 {r['l2_8bit']:.3f}",
        ]
    )
