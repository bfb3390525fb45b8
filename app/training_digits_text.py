"""Words of the training lab's digits: headline, presets, explanation."""

from __future__ import annotations

from app.try_this import Preset

HEADLINE = """<p style="margin:0">Two networks start from the same weights and see the same digits. One minimises
<span data-method="standard">L(x, y)</span>, the other α · L(x, y) + (1 − α) · <span data-method="robust">L(x + δ, y)</span>, with δ found against it at every step.
Both are attacked while they learn.</p>"""

PRESETS = (
    Preset("Goodfellow's α = ½ at ε = .25", "?tab=digits&epsilon=0.25&alpha=0.5&random_start=false",
           "FGSM training as in the paper: half the loss on clean digits, half on their FGSM neighbours. Watch the error under FGSM fall, and what PGD says of it."),
    Preset("Madry's min-max", "?tab=digits&attack=pgd&alpha=0&epsilon=0.1&steps=5&step_size=0.03",
           "α = 0 with PGD trains on the worst case alone. After some hundred steps the first-layer weights are strokes, where the standard network's are noise."),
    Preset("Few digits", "?tab=digits&train=500&attack=pgd&alpha=0.5&epsilon=0.1",
           "Five hundred training digits. The standard network soon fits them all; the perturbed term keeps giving the other something to learn."),
    Preset("α = 1: twice the same network", "?tab=digits&alpha=1", "Without the second term both are standard training, to the last digit. Drag α down and they part."),
)  # fmt: skip

EXPLANATION = """
<h3>The objective</h3>
<p class="formula">α · L(x, y) + (1 − α) · <span data-method="robust">L(x + δ, y)</span>, α = <output data-knob="alpha"></output>, ε = <output
data-knob="epsilon"></output>: clean error <span data-method="standard"><output data-metric="clean_error.standard"
data-form="percent"></output></span> and <span data-method="robust"><output data-metric="clean_error.robust" data-form="percent"></output></span>,
under FGSM <span data-method="standard"><output data-metric="fgsm_error.standard" data-form="percent"></output></span> and <span
data-method="robust"><output data-metric="fgsm_error.robust" data-form="percent"></output></span>, under PGD <span data-method="standard"><output
data-metric="pgd_error.standard" data-form="percent"></output></span> and <span data-method="robust"><output data-metric="pgd_error.robust"
data-form="percent"></output></span></p>
<p>With FGSM and α = ½ this is Goodfellow, Shlens and Szegedy's adversarial training; with PGD and α = 0 it is Madry et al.'s robust optimisation,
θ* = argmin<sub>θ</sub> mean max<sub>δ</sub> L(x + δ, y). δ stays in the ball of radius ε and x + δ in [0, 1]. ε is in pixel units: .1 is 25 grey
levels.</p>
<h3>What to look at</h3>
<p>The <em>first-layer weights</em> of the standard network stay noisy: any direction that helps on the training digits is kept. The robust network
cannot afford weights that let many small changes add up, and its weights become strokes. Its <em>input gradients</em> follow the digit's strokes as
well: to change its mind, the digit itself must change. The <em>confusion</em> under attack shows which digits are turned into which.</p>
<h3>Numbers to compare with</h3>
<p>Goodfellow et al. trained maxout networks with α = .5 and ε = .25 on all of MNIST: clean error .94 → .84 %, error under FGSM 89.4 → 17.9 %. The
networks here are smaller and train for minutes. Errors are measured on 500 test digits, the same at every look; attacks are made against each
network by itself. FGSM here starts at a random place of the ball where “random start” is ticked (Wong et al. 2020), with a step of 1.25 ε.</p>
<p>Goodfellow, Shlens, Szegedy 2014, arXiv 1412.6572. Madry et al. 2017, 1706.06083. Wong, Rice, Kolter 2020, 2001.03994.</p>
"""
