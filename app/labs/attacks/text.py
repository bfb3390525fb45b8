"""Words of the attack bench."""

from __future__ import annotations

import json

from app.labs.attacks.stage import NETS
from engine.core.assets import ASSETS

PHOTO_HEADLINE = """<p style="margin:0">Find a perturbation δ that changes the answer and nothing you can see:
max<sub>δ</sub> L(<span data-method="g">h<sub>θ</sub></span>(<span data-method="clean">x</span> + <span data-method="adversarial">δ</span>), y) over
‖<span data-method="adversarial">δ</span>‖ ≤ ε and <span data-method="clean">x</span> + <span data-method="adversarial">δ</span> ∈ [0, 1]ⁿ.</p>"""

PHOTO_EXPLANATION = """
<h3>With the numbers of this moment</h3>
<p class="formula">step <output data-step="1" data-form="whole"></output>: p(first answer)
<output data-metric="p.before" data-form="chance"></output> → <output data-metric="p.label" data-form="chance"></output>, likeliest class
<output data-metric="p.top" data-form="chance"></output>; ‖<span data-method="adversarial">δ</span>‖<sub>∞</sub> =
<output data-metric="linf" data-form="levels"></output>,
‖<span data-method="adversarial">δ</span>‖₂ = <output data-metric="l2"></output>, SSIM <output data-metric="ssim"></output></p>
<p>The classifier is a real one, trained on a million photographs. Its weights stay as they are: what learns here is the picture. Each step takes the gradient of
the loss with
respect to the <i>pixels</i> and moves every pixel a little the way that raises it, then cuts δ back to the ball of radius ε and the picture to [0, 1]. <b>All
numbers are measured on
the picture after that last cut.</b> Without a target the attack leaves the first answer; with one it lowers the target's loss instead.</p>
<p><b>FGSM</b> is one step: δ = ε·sign ∇ₓL. <b>Iterative FGSM</b> takes many small ones; <b>PGD</b> starts them from a random point of the ball;
<b>momentum</b> gathers gradients, which carries over better to other models; <b>SGD on δ</b> is the survey's variant; <b>L-BFGS</b>, <b>Carlini–Wagner</b> and
<b>DeepFool</b> look for
the smallest δ that succeeds, ε being only a cap.</p>
<p><b>ε is in pixel units</b>: 2/255 is two grey levels, whatever normalisation the model does inside. The second panel shows ½ + m·δ, so grey is no change. The
last panel is the
control: noise as large as δ, in a random direction, has p(first answer) = <output data-metric="noise.label" data-form="chance"></output>.</p>
<h3>Where the slides slipped</h3>
<p>η = sign(ω) lacks its size: it is <b>η = ε·sign(ω)</b>. The tutorial code on the slides prints the probability of the picture <i>one step earlier</i>, before the last
update and its projection; and it never cuts x + δ to [0, 1], so it reports a picture that no screen can show. Here both are put right.</p>
"""

DIGIT_HEADLINE = """<p style="margin:0">One digit, one attack, eight models: <span data-method="optimal">plain</span> above,
<span data-method="random">robust</span> (trained
on adversarial examples of ε = .1) below. Pick a digit or draw one.</p>"""

DIGIT_EXPLANATION = """
<h3>With the numbers of this moment</h3>
<p class="formula">step <output data-step="1" data-form="whole"></output>; probability left to its label: linear
<output data-metric="p_label.linear" data-form="chance"></output>,
DNN-2 <output data-metric="p_label.dnn2" data-form="chance"></output>, DNN-4 <output data-metric="p_label.dnn4" data-form="chance"></output>, CNN
<output data-metric="p_label.cnn" data-form="chance"></output>; robust CNN <output data-metric="p_label.cnn-robust" data-form="chance"></output></p>
<p>Each classifier is attacked by itself, from the same random start and under the same knobs, so the differences are the models'. A <b>robust</b> model has
been trained on adversarial examples: at every batch one to four steps of PGD look for a bad δ in the ball, and the weights learn from <i>that</i> picture,
θ* = argmin<sub>θ</sub> mean max<sub>‖δ‖≤ε</sub> L(h<sub>θ</sub>(x + δ), y). To fool it takes a δ that one can see, and that looks like another digit.</p>
TABLE
<p>The order to expect is PGD ≥ FGSM ≫ clean error; a model that resists FGSM and falls to PGD only hides its gradient. The linear model pays for its robustness
with clean accuracy; the others do not here, but their two trainings differ in more than the attack. The knob <i>attacked</i> spares all models but one.</p>
"""


def _tenth(share: float) -> str:
    """Per cent of 10,000 have two decimals; halves are rounded up."""
    return f"{share + 1e-6:.1f}"


def error_table() -> str:
    """What the shipped classifiers get wrong on all test digits, from the file that `python -m
    engine digit-errors --json` wrote.
    """
    found = {r["name"]: r for r in json.loads((ASSETS / "digits" / "errors.json").read_text())}
    kinds = ("clean", "fgsm", "pgd")
    rows = "".join(
        f"<tr><th>{title}</th>{''.join(f'<td>{_tenth(found[name + end][kind])}</td>' for end in ('', '-robust') for kind in kinds)}</tr>"
        for name, title in NETS.items()
    )
    heads = "".join(f"<th>{kind}</th>" for kind in ("clean", "FGSM", "PGD") * 2)
    wide = found["cnn-robust-3"]
    at_three = " and ".join((", ".join(map(_tenth, (wide["clean"], wide["fgsm"]))), _tenth(wide["pgd"])))
    return (
        f"<table><caption>Per cent wrong of {found['cnn']['count']:,} test digits at ε = .1, PGD of 40 "
        f"steps</caption><thead><tr><th></th>"
        f'<th colspan="3">plain</th><th '
        f'colspan="3">robust</th></tr><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        f"<p>A CNN trained against ε = .3 ships beside them: at that ε it gets {at_three} % wrong.</p>"
    )


WHY_HEADLINE = """<p style="margin:0">w<sup>T</sup>(<span data-method="clean">x</span> + <span data-method="adversarial">η</span>) =
w<sup>T</sup><span data-method="clean">x</span>
+ w<sup>T</sup><span data-method="adversarial">η</span>, and with <span data-method="adversarial">η = ε·sign(w)</span> the last term is ε·m·n: it grows with the dimension
while no value moves by more than ε.</p>"""

WHY_EXPLANATION = """
<h3>A linear unit is enough</h3>
<p class="formula">w<sup>T</sup>η = ε·‖w‖₁ = ε·m·n &nbsp; with &nbsp; ε = <output data-knob="epsilon"></output>/255, &nbsp; m = mean |w|</p>
<p>Of all η with ‖η‖<sub>∞</sub> ≤ ε, <b>η = ε·sign(w)</b> raises w<sup>T</sup>x the most: each of the n values contributes ε·|w<sub>i</sub>|, always with the
right sign. A random ±ε has wrong signs half of the time; what is left of the sum grows as √n alone. In 784 dimensions that is a factor of about twenty, in a
photograph's 150,528 of about
three hundred: this is why noise of the same size does nothing. The slider goes to 100,000; predicted and measured agree to a few tenths of a per cent there, and with few
dimensions they need not: m is a mean.</p>
<p>With the weights of a real softmax regression the predicted line holds too, n being the number of pixels that may change.
Deep nets are more linear than they look: once the answer is lost, along
sign ∇ₓL the loss rises almost in a straight line far beyond ε (right), along a random direction it hardly moves. That is what FGSM uses, η = ε·sign ∇ₓL(θ, x, y).</p>
<h3>Where the slide slipped</h3>
<p>It has η = sign(ω), which is 255 grey levels in every pixel: <b>ε is missing</b>. Right is η = ε·sign(ω).</p>
"""
