"""Charts of the AAE lab, below its Stages."""

from __future__ import annotations

from app.page.stage_parts import Piece, chart, trace

LOG_2 = [{"y": 0.693147, "title": "log 2"}]  # the loss of a D or an encoder where D can only guess


def _both(metric: str) -> list[Piece]:
    """A line for the AAE and one for the VAE beside it."""
    return [trace(f"{metric}.aae", "AAE", "encoder"), trace(f"{metric}.vae", "VAE", "vae")]


def _fit(metric: str, title: str, unit: str = "", members: bool = False) -> Piece:
    """How well codes fit the prior, with the same number of new samples of the prior dotted."""
    lines = _both(metric) if members else [trace(metric, "codes", "code")]
    return chart(title, unit, *lines, trace(f"{metric}_null", "prior itself", "optimal", dash="dot"))


def _error(*lines: Piece) -> Piece:
    return chart("Reconstruction error", " nats", *lines)


def _game(end: str = "") -> Piece:
    """The losses of the two players. end: what the names of their metrics end in."""
    players = trace(f"loss_d{end}", "L_D", "d"), trace(f"loss_encoder{end}", "L_Enc", "encoder")
    return chart("Losses of the game", "", *players, lines=LOG_2)


CONTROLLED = chart("Read as the label asked for", " %", trace("controlled", "share", "real"))


def charts(members: bool = False) -> list[Piece]:
    """The charts of the AAE, or with `members` of the AAE and the VAE beside each other."""
    error = _both("reconstruction") if members else [trace("reconstruction", "−log p(x|z)", "reconstruction")]
    out = [
        _error(*error),
        _game(".aae" if members else ""),
        _fit("mmd2", "MMD², unbiased", members=members),
        _fit("sliced_w2", "Sliced W₂", members=members),
        _fit("log_p_prior", "E log p(z)", " nats", members),
        _fit("within_3sigma", "Share within 3σ", members=members),
        _fit("modes_covered", "Parts covered", members=members),
    ]
    if members:
        out.append(chart("KL of the VAE", " nats", trace("kl.vae", "KL(q ‖ p)", "vae")))
    return out


STYLE = [
    _error(trace("reconstruction", "−log p(x|z, y)", "reconstruction")),
    _game(),
    _fit("sliced_w2", "Sliced W₂ of styles to N(0, I)"),
    CONTROLLED,
]

SEMI = [
    chart("Test error, first 1000 digits", " %", trace("test_error", "wrong", "fake")),
    _error(trace("reconstruction", "−log p(x|y, z)", "reconstruction")),
    chart(
        "Losses of the games",
        "",
        trace("loss_dy", "D_y", "d"),
        trace("loss_dz", "D_z", "prior"),
        trace("loss_encoder", "L_Enc, both", "encoder"),
        lines=LOG_2,
    ),
    chart("Certainty: mean of the largest q(y|x)", "", trace("certainty", "certainty", "encoder")),
    CONTROLLED,
]
