"""Charts of the ARAE lab, below its Stages."""

from __future__ import annotations

from typing import Any

HALF = 0.693147


def _line(metric: str, title: str, colour: str, **more: Any) -> dict[str, Any]:
    return {"metric": metric, "title": title, "colour": colour, **more}


def sentences(prior: str, transfer: bool, corpus: str) -> list[dict[str, Any]]:
    """Of a run on sentences. prior: none, gaussian, learned. transfer: with the classifier u. The
    grammar is where truth is known.
    """
    apart = [_line("transfer_accuracy", "turned", "g")]
    knows_nothing = [{"y": HALF, "title": "log 2"}] if corpus in ("grammar", "reviews") else []
    u = (
        [
            {
                "title": "Loss of the classifier u",
                "unit": " nats",
                "lines": knows_nothing,
                "traces": [_line("loss_u", "L_class", "adv_l2")],
            },
            {"title": "Turned, by a classifier apart", "unit": " %", "markers": True, "traces": apart},
        ]
        if transfer
        else []
    )
    known = (
        [
            {
                "title": "Fresh samples that are grammatical",
                "unit": " %",
                "markers": True,
                "traces": [_line("grammatical", "grammatical", "g")],
            }
        ]
        if corpus == "grammar"
        else []
    )
    g = [_line("loss_g", "L_g", "g")] if prior == "learned" else []
    game = (
        []
        if prior == "none"
        else [
            {"title": "Wasserstein estimate Ŵ", "unit": "", "traces": [_line("wasserstein", "Ŵ", "d")]},
            {"title": "Losses of the game, without penalty", "unit": "", "traces": [_line("loss_f", "L_f", "d"), *g]},
        ]
    )
    drawn = [] if prior == "none" else [_line("code_variance.prior", "prior", "g")]
    return [
        {"title": "Reconstruction loss", "unit": " nats", "traces": [_line("loss_ae", "L_rec a word", "decoder")]},
        {
            "title": "Words that come back, held out",
            "unit": " %",
            "markers": True,
            "traces": [_line("token_accuracy", "words right", "decoder")],
        },
        *game,
        {
            "title": "Variance of codes, summed",
            "unit": "",
            "traces": [_line("code_variance", "enc(x)", "real"), *drawn],
        },
        *known,
        *u,
    ]


MEMBERS = (("ae", "AE", "standard"), ("aae", "AAE", "prior"), ("arae", "ARAE", "g"))


def three(grammar: bool) -> list[dict[str, Any]]:
    """Of the three side by side."""

    def of(metric: str, title: str, unit: str, **more: Any) -> dict[str, Any]:
        return {
            "title": title,
            "unit": unit,
            "traces": [
                _line(f"{metric}.{m}", name, colour)
                for m, name, colour in MEMBERS
                if metric != "wasserstein" or m != "ae"
            ],
            **more,
        }

    known = [of("grammatical", "Fresh samples that are grammatical", " %", markers=True)] if grammar else []
    return [
        of("token_accuracy", "Words that come back, held out", " %", markers=True),
        *known,
        of("loss_ae", "Reconstruction loss", " nats"),
        of("wasserstein", "Wasserstein estimate Ŵ", ""),
        of("code_variance", "Variance of codes, summed", ""),
    ]


DIGITS = [
    {"title": "Reconstruction loss", "unit": " nats", "traces": [_line("loss_ae", "L_rec an image", "decoder")]},
    {"title": "Wasserstein estimate Ŵ", "unit": "", "traces": [_line("wasserstein", "Ŵ", "d")]},
    {"title": "Losses of the game", "unit": "", "traces": [_line("loss_f", "L_f", "d"), _line("loss_g", "L_g", "g")]},
    {
        "title": "Share of the rarest digit, of 300 samples",
        "unit": "",
        "markers": True,
        "lines": [{"y": 0.04, "title": ".04"}],
        "traces": [_line("class_share_min", "rarest", "fake")],
    },
    {
        "title": "Variance of codes, summed",
        "unit": "",
        "traces": [_line("code_variance", "enc(x)", "real"), _line("code_variance.prior", "g(s)", "g")],
    },
]
