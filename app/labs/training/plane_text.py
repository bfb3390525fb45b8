"""Words of the adversarial training lab: headline, presets, explanation."""

from __future__ import annotations

from dataclasses import dataclass

from app.page.presets import Preset

ORDER = ("standard", "smoothing", "random", "fgsm", "pgd", "vat")
TITLES = ("Standard", "Smoothing", "Noise", "FGSM", "PGD", "VAT")

HEADLINE = """<p style="margin:0">Six networks share their points and their initial weights; they differ in what they are trained against. FGSM training minimises
α · <span data-method="standard">L(x, y)</span> + (1 − α) · <span data-method="fgsm">L(x + ε sign ∇<sub>x</sub>L, y)</span>, PGD training the worst case
<span data-method="pgd">max<sub>‖δ‖ ≤ ε</sub> L(x + δ, y)</span>. Points in <b><span data-method="broken">red</span></b> can be broken inside their ball.</p>"""


@dataclass(frozen=True)
class Experiment(Preset):
    """name: of its check in tests/benchmarks/training/presets.py. steps: when it is there to be
    seen.
    """

    name: str = ""
    steps: int = 0


def _experiment(name: str, steps: int, title: str, link: str, says: str) -> Experiment:
    return Experiment(title, link, says, name, steps)


PRESETS = (
    _experiment(
        "standard",
        300,
        "α = 1: FGSM training is standard training",
        "?dataset=moons&alpha=1&lam=0&show_balls=0",
        "With α = 1 the second term is gone, and Random noise, FGSM training and, at λ = 0, VAT equal Standard "
        "to the last digit. Drag α down and "
        "watch them part.",
    ),
    _experiment(
        "too-large",
        600,
        "ε too large: clean accuracy pays",
        "?dataset=moons&epsilon=1&step_size=0.25",
        "Boxes of radius 1 overlap the other class. No network can be right everywhere in them, and PGD training "
        "gives up points that Standard gets right.",
    ),
    _experiment(
        "overfitting",
        1500,
        "Catastrophic over-fitting of single-step training",
        "?dataset=thin&view=steps",
        "Until step 200 all is well. By step 1500 FGSM training is right where its one step ends, at a corner of "
        "the box, and wrong on the way there: its "
        "error under FGSM stays low while PGD breaks most points.",
    ),
    _experiment(
        "random-start",
        1500,
        "... and its cure: a random start",
        "?dataset=thin&random_start=true&view=steps",
        "The same run, with the step taken from a random place of the box: the network must be right wherever "
        "that may end, and PGD finds little. "
        "Untick “random start” to see it collapse.",
    ),
    _experiment(
        "leaking",
        600,
        "Label leaking",
        "?dataset=thin&alpha=0&view=steps",
        "With α = 0 the network never sees a clean point. The direction of the FGSM step gives the label away, "
        "and the network reads that: it is nearly always "
        "right on perturbed points and mostly wrong on clean ones.",
    ),
    _experiment(
        "masking",
        1500,
        "Masked gradients: is it robust, or hard to attack?",
        "?dataset=thin&alpha=0.5&view=steps",
        "Judged by FGSM alone, FGSM training looks as good as PGD training. Wait for step 1500 and measure the "
        "robustness report: stronger attacks "
        "and a search of the whole ball give it away.",
    ),
    _experiment(
        "few-points",
        1500,
        "A regulariser where points are few",
        "?dataset=moons&train=12&epsilon=0.3&show_test=1",
        "Twelve points, all fitted by all. Training against the worst case in a box around each keeps the "
        "boundary away from them, and the clean error on fresh "
        "points falls too.",
    ),
)

EXPLANATION = """
<h3>The two terms of the objective, with the numbers of this moment</h3>
<p class="formula">α · <span data-method="standard">L(x, y)</span> + (1 − α) · <span data-method="fgsm">L(x + r, y)</span> &nbsp;at step <output
data-step="1" data-form="whole"></output>: <output data-knob="alpha"></output> · <span data-method="standard"><output
data-metric="clean_term.fgsm"></output></span> + (1 − <output data-knob="alpha"></output>) · <span data-method="fgsm"><output
data-metric="moved_term.fgsm"></output></span> nats, with <span data-when="norm:linf">r = ε sign ∇<sub>x</sub>L</span><span data-when="norm:l2">r = ε g/‖g‖₂, g = ∇<sub>x</sub>L</span> and ε = <output
data-knob="epsilon"></output><span data-when="random_start:true"> (from a random place of the ball: a step of 1.25 ε, projected)</span></p>
<p>To first order L(x + r) = L(x) + rᵀ∇<sub>x</sub>L, and no r with every |r<sub>i</sub>| ≤ ε makes that larger than r = ε·sign ∇<sub>x</sub>L: the
fast gradient sign method. For logistic regression it is exact: the loss of the perturbed points is mean softplus(ε‖w‖₁ − y(wᵀx + b)), a penalty on
‖w‖₁ that fades for points which are classified well. Trained against
<span data-method="random">random noise</span>, uniform in the same ball and so a little smaller on average, the control: PGD breaks
<span data-method="random"><output data-metric="pgd_error.random" data-form="percent"></output></span> of the test points, of
<span data-method="standard">standard training's</span> <span data-method="standard"><output data-metric="pgd_error.standard" data-form="percent"></output></span>.</p>
<h3>Min-max</h3>
<p class="formula">θ* = argmin<sub>θ</sub> mean max<sub>‖δ‖ ≤ ε</sub> L(θ, x + δ, y): clean <span data-method="pgd"><output
data-metric="clean_term.pgd"></output></span>, at δ* <span data-method="pgd"><output data-metric="moved_term.pgd"></output></span> nats after K =
<output data-knob="steps"></output> steps of <output data-knob="step_size"></output></p>
<p>PGD looks for the maximum: δ ← project(δ + step·sign ∇L), K times. Too few or too short steps (K·step below ε) do not reach the rim of the ball from its middle. While ε warms up the step grows with it, and these
terms are taken at the full ε.
In L2 the step runs along g/‖g‖₂ and discs take the place of boxes.</p>
<h3>Danskin's theorem, checked</h3>
<p class="formula">∇<sub>θ</sub> max<sub>δ</sub> L = ∇<sub>θ</sub> L at δ*: slope at δ* <output data-metric="danskin.slope"></output>, finite
difference of the maximum <output data-metric="danskin.difference"></output>, relative difference <output data-metric="danskin.error"></output></p>
<p>Why may training treat δ* as a constant, though it moves with θ? Because at a maximum moving δ gains nothing to first order. Measured now on the
PGD network along one random direction in θ, in float64, over <output data-metric="danskin.points" data-form="whole"></output> of <output data-metric="danskin.of" data-form="whole"></output> training
points: those whose δ* lies on a kink, where a hidden unit is just switching and no gradient exists, are left out.</p>
<h3>When a single step is not enough</h3>
<p>Errors of <span data-method="fgsm">FGSM training</span>: clean <span data-method="fgsm"><output data-metric="clean_error.fgsm"
data-form="percent"></output></span>, under FGSM <span data-method="fgsm"><output data-metric="fgsm_error.fgsm"
data-form="percent"></output></span>, under PGD <span data-method="fgsm"><output data-metric="pgd_error.fgsm" data-form="percent"></output></span>;
of <span data-method="pgd">PGD training</span>: <span data-method="pgd"><output data-metric="clean_error.pgd" data-form="percent"></output></span>,
<span data-method="pgd"><output data-metric="fgsm_error.pgd" data-form="percent"></output></span>, <span data-method="pgd"><output
data-metric="pgd_error.pgd" data-form="percent"></output></span>. Without a random start FGSM ends at a corner of the box (in L2, on the rim). A network can learn to be right at the
corners alone, with a loss that is not nearly linear in between: <em>catastrophic over-fitting</em> (Wong, Rice, Kolter 2020). Where its error under
FGSM is below its clean error the perturbation tells it the label: <em>label leaking</em> (Kurakin, Goodfellow, Bengio 2016). In both cases FGSM
measures nothing, which is <em>gradient masking</em> (Athalye, Carlini, Wagner 2018); the report compares attacks to find it. Click a point in a
panel to see the loss over its ball.</p>
<h3>Robust and accurate?</h3>
<p>The set “Thin margin” has two features. The vertical one tells the classes apart without an error, but by ±.3; the horizontal one is wide and
wrong for one point in ten. <span data-when="dataset:thin">Standard training takes the thin one: clean error <span data-method="standard"><output
data-metric="clean_error.standard" data-form="percent"></output></span>, mean margin <span data-method="standard"><output
data-metric="margin.standard"></output></span>, and PGD breaks <span data-method="standard"><output data-metric="pgd_error.standard"
data-form="percent"></output></span>. PGD training with ε above .3 must take the wide one: <span data-method="pgd"><output
data-metric="clean_error.pgd" data-form="percent"></output></span> clean, margin <span data-method="pgd"><output
data-metric="margin.pgd"></output></span>, <span data-method="pgd"><output data-metric="pgd_error.pgd" data-form="percent"></output></span> broken.</span>
Some errors are the price of robustness (Tsipras et al. 2018). The margin is the mean distance to the boundary in the run's norm, negative for
points on the wrong side.</p>
<h3>From here to VAT</h3>
<p><span data-method="vat">VAT</span> replaces the label by the network's own answer p(·|x): L(x, y) + λ · KL(p(·|x) ‖ p(·|x + r<sub>vadv</sub>)),
now <span data-method="vat"><output data-metric="clean_term.vat"></output> + <output data-knob="lam"></output> · <output
data-metric="moved_term.vat"></output></span> nats, with ‖r‖₂ = ε whatever the norm of the run. So it needs no labels, and it asks the network to be
steady where adversarial training asks it to be right. The VAT lab has more of it.</p>
<h3>Errata</h3>
<p>The survey writes the second term of FGSM training without y; it is L(θ, x + ε sign ∇<sub>x</sub>L(θ, x, <b>y</b>), <b>y</b>). It sets the robust
<em>loss</em> equal to an argmin; the argmin is θ*, the loss is mean max<sub>δ</sub> L. Its update θ := θ − (1/|D|) Σ ∇ lacks a step size; θ ← θ −
(η/|B|) Σ ∇<sub>θ</sub>L(x + δ*, y). And η = sign(ω) in its linear example lacks ε: η = ε·sign(ω).</p>
<p>The update is v ← .9 v + .1 η g, p ← p − v over all points at once. Goodfellow, Shlens, Szegedy 2014, arXiv 1412.6572. Madry et al. 2017,
1706.06083. Kurakin et al. 2016, 1611.01236. Wong et al. 2020, 2001.03994. Athalye et al. 2018, 1802.00420. Tsipras et al. 2018, 1805.12152. Miyato
et al. 2015, 1507.00677.</p>
"""
