"""Charts of the AAE lab, below its Stages."""

from __future__ import annotations

from typing import Any

HALF = 0.693147


def _line(metric: str, title: str, colour: str, **more: Any) -> dict[str, Any]:
    return {"metric": metric, "title": title, "colour": colour, **more}


def _fit(metric: str, title: str, unit: str = "", members: bool = False, **more: Any) -> dict[str, Any]:
    null = _line(f"{metric}_null", "prior itself", "optimal", dash="dot")
    lines = (
        [_line(f"{metric}.aae", "AAE", "encoder"), _line(f"{metric}.vae", "VAE", "vae")]
        if members
        else [_line(metric, "codes", "code")]
    )
    return {"title": title, "unit": unit, "traces": [*lines, null], **more}


def charts(members: bool = False) -> list[dict[str, Any]]:
    """Of the AAE, or with `members` of the AAE and the VAE beside each other."""
    end = ".aae" if members else ""
    error = (
        [_line("reconstruction.aae", "AAE", "encoder"), _line("reconstruction.vae", "VAE", "vae")]
        if members
        else [_line("reconstruction", "−log p(x|z)", "reconstruction")]
    )
    kl = (
        [{"title": "KL of the VAE", "unit": " nats", "traces": [_line("kl.vae", "KL(q ‖ p)", "vae")]}]
        if members
        else []
    )
    return [
        {"title": "Reconstruction error", "unit": " nats", "traces": error},
        {
            "title": "Losses of the game",
            "unit": "",
            "lines": [{"y": HALF, "title": "log 2"}],
            "traces": [_line(f"loss_d{end}", "L_D", "d"), _line(f"loss_encoder{end}", "L_Enc", "encoder")],
        },
        _fit("mmd2", "MMD², unbiased", members=members),
        _fit("sliced_w2", "Sliced W₂", members=members),
        _fit("log_p_prior", "E log p(z)", " nats", members),
        _fit("within_3sigma", "Share within 3σ", members=members),
        _fit("modes_covered", "Parts covered", members=members),
        *kl,
    ]


STYLE = [
    {
        "title": "Reconstruction error",
        "unit": " nats",
        "traces": [_line("reconstruction", "−log p(x|z, y)", "reconstruction")],
    },
    {
        "title": "Losses of the game",
        "unit": "",
        "lines": [{"y": HALF, "title": "log 2"}],
        "traces": [_line("loss_d", "L_D", "d"), _line("loss_encoder", "L_Enc", "encoder")],
    },
    _fit("sliced_w2", "Sliced W₂ of styles to N(0, I)"),
    {"title": "Read as the label asked for", "unit": " %", "traces": [_line("controlled", "share", "real")]},
]

SEMI = [
    {"title": "Test error", "unit": " %", "traces": [_line("test_error", "wrong", "fake")]},
    {
        "title": "Reconstruction error",
        "unit": " nats",
        "traces": [_line("reconstruction", "−log p(x|y, z)", "reconstruction")],
    },
    {
        "title": "Losses of the games",
        "unit": "",
        "lines": [{"y": HALF, "title": "log 2"}],
        "traces": [
            _line("loss_dy", "D_y", "d"),
            _line("loss_dz", "D_z", "prior"),
            _line("loss_encoder", "L_Enc, both", "encoder"),
        ],
    },
    {
        "title": "Certainty: mean of the largest q(y|x)",
        "unit": "",
        "traces": [_line("certainty", "certainty", "encoder")],
    },
    {"title": "Read as the label asked for", "unit": " %", "traces": [_line("controlled", "share", "real")]},
]
