"""Charts of the ARAE lab, below its Stages."""

from __future__ import annotations

from app.page.stage_parts import Piece, chart, trace

LOG_2 = [{"y": 0.693147, "title": "log 2"}]  # the loss of u where it knows nothing of two classes


def _of_game(prior: str) -> list[Piece]:
    """Charts of the game between encoder and critic. prior: not none."""
    wasserstein = chart("Wasserstein estimate Ŵ", "", trace("wasserstein", "Ŵ", "d"))
    losses = [trace("loss_f", "L_f", "d")]
    if prior == "learned":
        losses.append(trace("loss_g", "L_g", "g"))
    return [wasserstein, chart("Losses of the game, without penalty", "", *losses)]


def _of_transfer(corpus: str) -> list[Piece]:
    """Charts of the classifier u, and of what its game with the encoder brings."""
    return [
        chart(
            "Loss of the classifier u",
            " nats",
            trace("loss_u", "L_class", "adv_l2"),
            lines=LOG_2 if corpus in ("grammar", "reviews") else [],
        ),
        chart("Changed, by a classifier trained apart", " %", trace("transfer_accuracy", "changed", "g"), markers=True),
    ]


def sentences(prior: str, transfer: bool, corpus: str) -> list[Piece]:
    """The charts of a run on sentences.

    prior: none, gaussian or learned. transfer: whether it has the classifier u. corpus: what is
    grammatical is known of the corpus "grammar" alone; others than "grammar" and "reviews" may have
    more than two classes.
    """
    variance = [trace("code_variance", "enc(x)", "real")]
    if prior != "none":
        variance.append(trace("code_variance.prior", "prior", "g"))
    right = trace("token_accuracy", "words right", "decoder")
    out = [
        chart("Reconstruction loss", " nats", trace("loss_ae", "L_rec a word", "decoder")),
        chart("Words that come back, held out", " %", right, markers=True),
    ]
    if prior != "none":
        out += _of_game(prior)
    out.append(chart("Variance of codes, summed", "", *variance))
    if corpus == "grammar":
        grammatical = trace("grammatical", "grammatical", "g")
        out.append(chart("New samples that are grammatical", " %", grammatical, markers=True))
    if transfer:
        out += _of_transfer(corpus)
    return out


MEMBERS = (("ae", "AE", "standard"), ("aae", "AAE", "prior"), ("arae", "ARAE", "g"))


def three(grammar: bool) -> list[Piece]:
    """The charts of the three side by side. grammar: whether their sentences are the grammar's."""

    def of(metric: str, title: str, unit: str = "", **fields: bool) -> Piece:
        """A line for each of the three; the AE has no Wasserstein estimate."""
        members = [m for m in MEMBERS if metric != "wasserstein" or m[0] != "ae"]
        return chart(title, unit, *(trace(f"{metric}.{m}", name, colour) for m, name, colour in members), **fields)

    known = [of("grammatical", "New samples that are grammatical", " %", markers=True)] if grammar else []
    return [
        of("token_accuracy", "Words that come back, held out", " %", markers=True),
        *known,
        of("loss_ae", "Reconstruction loss", " nats"),
        of("wasserstein", "Wasserstein estimate Ŵ"),
        of("code_variance", "Variance of codes, summed"),
    ]


DIGITS = [
    chart("Reconstruction loss", " nats", trace("loss_ae", "L_rec an image", "decoder")),
    chart("Wasserstein estimate Ŵ", "", trace("wasserstein", "Ŵ", "d")),
    chart("Losses of the game", "", trace("loss_f", "L_f", "d"), trace("loss_g", "L_g", "g")),
    chart(
        "Share of the rarest digit, of 300 samples",
        "",
        trace("class_share_min", "rarest", "fake"),
        markers=True,
        lines=[{"y": 0.04, "title": "0.04"}],
    ),
    chart(
        "Variance of codes, summed",
        "",
        trace("code_variance", "enc(x)", "real"),
        trace("code_variance.prior", "g(s)", "g"),
    ),
]
