"""Words and fixed numbers of the VAT lab: headline, presets, explanation, and the errors measured
elsewhere.
"""

from __future__ import annotations

from urllib.parse import urlencode

from app.page.presets import Preset
from engine.core.declare import Knobs, Setup
from engine.methods.vat.vat import REFERENCE, VAT

ORDER = ("mle", "l2", "dropout", "random", "adv_linf", "adv_l2", "vat")
TITLES = ("MLE", "L2", "Dropout", "Random", "Adv. L∞", "Adv. L2", "VAT")

# Test error over 50 fresh data sets at the reference settings, a float64 port of the reference
# experiment: mean ± sd (median).
MEASURED = {
    "moons": {
        "mle": "13.4 ± 7.4 (12.2)",
        "l2": "13.4 ± 7.4 (12.2)",
        "dropout": "12.0 ± 7.3 (10.9)",
        "random": "10.7 ± 6.8 (9.2)",
        "adv_l2": "10.8 ± 6.7 (9.7)",
        "adv_linf": "10.4 ± 6.6 (9.5)",
        "vat": "9.0 ± 5.5 (6.9)",
    },
    "circles": {
        "mle": "9.8 ± 8.9 (9.3)",
        "l2": "9.8 ± 8.9 (9.3)",
        "dropout": "7.4 ± 7.8 (6.5)",
        "random": "6.8 ± 7.9 (2.2)",
        "adv_l2": "5.5 ± 5.9 (3.0)",
        "adv_linf": "5.9 ± 7.0 (1.7)",
        "vat": "6.8 ± 7.1 (4.0)",
    },
}


def at_reference(setup: Setup) -> Knobs:
    """The knobs of the reference experiment on the data set of `setup`."""
    return VAT.make_knobs(setup, REFERENCE.get(setup.dataset, {}))


HEADLINE = """<p style="margin:0">Seven networks share their points and their initial weights; they differ in one term of the loss.
<span data-method="mle">NLL</span> + λ · <span data-method="vat">mean Δ<sub>KL</sub>(r<sub>vadv</sub>)</span>,
where <span data-method="vat">r<sub>vadv</sub></span> is a step of length ε along the line that changes the network's own answer most.
No label is needed for it.</p>"""


PRESETS = (
    Preset(
        "MLE over-fits the circles",
        "?dataset=circles&seed=0&view=focus&show_test=1",
        "Both fit every training point. By step 500 MLE's boundary still leans out where no point holds it; "
        "VAT's is rounder and errs less. Other draws "
        "are kinder to MLE: repeat over 50 data sets for the average.",
    ),
    Preset(
        "VAT with ε too large",
        "?dataset=circles&epsilon_vat=2&view=focus&show_arrows=1&show_test=1",
        "The ball around each point now reaches across the other class: smoothness where it should not be, and "
        "the test error rises.",
    ),
    Preset(
        "Two labels and 1000 unlabelled points",
        "?dataset=half_moons&noise=0.05&dimension=2&train=2&unlabelled=1000&epsilon_vat=0.3&learning_rate=3&floor=1&view=focus",
        "Wait for step 1500. MLE sees two points and cuts half-way between them. VAT gets worse first, then "
        "keeps its boundary out of "
        "the crowd and finds both moons.",
    ),
    Preset(
        "Random direction against the virtual adversarial one",
        "?epsilon_random=0.4&epsilon_vat=0.4&show_arrows=1",
        "Same length, same loss. In 100 dimensions a random step hardly moves in the plane; VAT's lies along the "
        "line that changes the answer "
        "most, towards the boundary or away from it.",
    ),
    Preset(
        "ξ too small: VAT turns into random perturbation",
        "?precision=float32&xi=1e-10&epsilon_random=0.4&epsilon_vat=0.4&show_arrows=1",
        "The finite difference falls below what float32 can tell apart, no gradient is left, and VAT equals "
        "Random to the last digit.",
    ),
    Preset(
        "The reference experiment",
        "?" + urlencode({"dataset": "moons", **REFERENCE["moons"]}),
        "The radii and the decaying learning rate of the paper's published code. Repeat it over 50 data sets "
        "below, beside the numbers "
        "measured elsewhere.",
    ),
    Preset(
        "λ = 0: seven times maximum likelihood",
        "?lam=0&l2=0&dropout=0",
        "Without their terms all seven are the same network. Drag λ up and watch them part.",
    ),
)

EXPLANATION = """
<h3>The loss, with the numbers of this moment</h3>
<p class="formula"><span data-method="mle">NLL</span> + λ · <span data-method="vat">mean Δ<sub>KL</sub></span> &nbsp;at step <output data-step="1" data-form="whole"></output>:
<span data-method="mle"><output data-metric="nll.vat" data-form="significant"></output></span> + <output data-knob="lam"></output> ·
<span data-method="vat"><output data-metric="divergence.vat"></output></span> nats, on the training points, with ε = <output data-knob="epsilon_vat"></output></p>
<p>Δ<sub>KL</sub>(r, x) = KL(p(·|x) ‖ p(·|x + r)) asks how far the answer at x moves when x moves by r. The clean side is held fixed.
r<sub>vadv</sub> is the r with ‖r‖₂ ≤ ε that makes it largest, found with I<sub>p</sub> = <output data-knob="power_iterations"></output> power
iteration(s): start from a random d, take d ← ∇<sub>d</sub> KL(p(x) ‖ p(x + ξ d)), and set r = ε d/‖d‖. That finds the line; which way along it is
the start's luck, so half of the arrows point away from the boundary. With I<sub>p</sub> = 0 it is random perturbation training. The arrows are drawn for one
fixed start; training draws a new one at every step.</p>
<h3>Local distributional smoothness</h3>
<p>LDS(x) = −Δ<sub>KL</sub>(r<sub>vadv</sub>, x), estimated with one power iteration: 0 is perfectly smooth, negative is rough. At the training points, with the
set-up's LDS radius for all:
<span data-method="mle">MLE <output data-metric="lds_train.mle" data-form="signed"></output></span>,
<span data-method="vat">VAT <output data-metric="lds_train.vat" data-form="signed"></output></span>; at the test points
<span data-method="mle"><output data-metric="lds_test.mle" data-form="signed"></output></span> and
<span data-method="vat"><output data-metric="lds_test.vat" data-form="signed"></output></span>. VAT asks for smoothness within its own ε around the points it has:
measured further out, or elsewhere, it can be rougher than MLE, because its confident regions meet in a steeper step.</p>
<p><b>Erratum.</b> The survey calls LDS the negative of the divergence, writes LDS := KL, and minimises NLL + λ·LDS. LDS <em>is</em> the negative,
LDS = −Δ<sub>KL</sub>(r<sub>vadv</sub>); with that definition the slide's objective would reward roughness. What is minimised is
NLL − λ·mean LDS = NLL + λ·mean Δ<sub>KL</sub>. It also writes p(y, x, θ) for p(y | x, θ).</p>
<h3>ξ and float32</h3>
<p>ξ = <output data-knob="xi"></output> is the step of a finite difference. The paper's 10<sup>−6</sup> is too small for float32 in a
784-1200-1200-10 network: the cosine to the exact direction falls to .10 (10<sup>−4</sup>: .9935, 10<sup>−3</sup>: .9999, 10: .48), and VAT
silently turns into random perturbation. Here, with two classes, every gradient at a point lies along the same line, so VAT holds
out until about 10<sup>−7</sup>. With <em>precision</em> float64 it holds out longer.</p>
<h3>Is VAT the best of the seven?</h3>
<p>Well below MLE, yes: that is reliable. Best of all, no: with a good radius L2 adversarial training is as good or better on these
sets when all points have labels. VAT's own strength is that LDS needs no label: give it unlabelled points in the set-up, and only
VAT and Random can use them.</p>
<p>Adversarial members minimise (NLL(x) + λ·NLL(x + r)) / (1 + λ), Goodfellow's α = 1/(1 + λ); with ε = 0 or λ = 0 that is MLE.
The update is v ← .9 v + .1 η<sub>t</sub> g, p ← p − v with η<sub>t</sub> = η·max(decay<sup>t</sup>, floor); the reference experiment has floor = 0 and
stops at step 1000.</p>
<p>Miyato, Maeda, Koyama, Nakae, Ishii 2015, arXiv 1507.00677. Goodfellow, Shlens, Szegedy 2014, arXiv 1412.6572.</p>
"""
