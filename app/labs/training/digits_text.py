"""Words of the training lab's digits: headline, presets, explanation."""

from __future__ import annotations

from app.page.presets import Preset

HEADLINE = """<p style="margin:0">Two networks start from the same weights and see the same digits. One minimises
<span data-method="standard">L(x, y)</span>, the other α · L(x, y) + (1 − α) · <span data-method="robust">L(x + δ, y)</span>, with δ found against it at every step.
Both are attacked while they learn.</p>"""

PRESETS = (
    Preset(
        "Goodfellow's α = ½ at ε = .25, trained",
        "?tab=digits&from=digits-goodfellow",
        "Twelve thousand steps of FGSM training without a random start. The error under FGSM fell from 100 to 17 "
        "% (of 500 digits), as in the paper. Then look at PGD: it still breaks 98 in a "
        "hundred. The network has learnt to answer FGSM.",
    ),
    Preset(
        "The same from scratch",
        "?tab=digits&from=scratch&epsilon=0.25&alpha=0.5&random_start=false",
        "Half the loss on clean digits, half on their FGSM neighbours. Watch the error under FGSM fall while "
        "PGD's stays high; then tick “random start” or choose PGD to train on.",
    ),
    Preset(
        "Madry's min-max from scratch",
        "?tab=digits&from=scratch&attack=pgd&alpha=0&epsilon=0.1&steps=5&step_size=0.03",
        "α = 0 with PGD trains on the worst case alone. After some hundred steps the first-layer weights are "
        "strokes, where the standard network's are noise.",
    ),
    Preset(
        "Convolutional, robust at ε = .3",
        "?tab=digits&from=digits-cnn-3",
        "Every digit of the standard network can be broken with 76 grey levels a pixel; of the robust one's "
        "about 95 in a hundred hold. Both read clean digits about equally well. (The two were trained "
        "apart from the same weights: 2400 plain steps, 3000 against PGD, at rates .001 and .002.)",
    ),
    Preset(
        "Few digits",
        "?tab=digits&from=scratch&train=500&attack=pgd&alpha=0.5&epsilon=0.1",
        "Five hundred training digits. The standard network soon fits them all; the perturbed term keeps giving "
        "the other something to learn: in five seeds it read up to three more of a hundred new clean digits.",
    ),
    Preset(
        "α = 1: twice the same network",
        "?tab=digits&from=scratch&alpha=1",
        "Without the second term both are standard training, to the last digit. Drag α down and they part.",
    ),
)

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
cannot afford weights that let many small changes add up, and its weights become strokes. (Units that died early and kept the noise they began with are left out.) Its <em>input gradients</em> follow the digit's strokes as
well: to change its mind, the digit itself must change. The <em>confusion</em> under attack shows which digits are turned into which.</p>
<h3>Numbers to compare with</h3>
<p>Goodfellow et al. trained maxout networks with α = .5 and ε = .25 on all of MNIST: clean error .94 → .84 %, error under FGSM 89.4 → 17.9 %. The
784-200-10 pair that ships for it (<em>digits-goodfellow</em>), on all 10,000 test digits: clean 1.96 → 2.61 %, under FGSM 100 → 16.2 %. Its clean error does not gain, and PGD of
40 steps, which the paper did not have, breaks 89.7 % from the image itself and 98.5 % from a random place of the ball: where FGSM training has learnt to be right is at the image.
The pair trained against PGD at ε = .1 (<em>digits-madry</em>): clean 2.06 → 2.63 %, PGD-40 95.8 → 13.8 %.
Live errors are of 500 test digits, the same at every look (of convolutional networks, 50 under PGD); attacks are made against each network by itself, FGSM from the digit, PGD from the
digit and, where that fails, from a random place. FGSM <em>training</em> starts at a random place of the ball where “random start” is ticked (Wong et al. 2020), with a step of 1.25 ε.</p>
<p>Goodfellow, Shlens, Szegedy 2014, arXiv 1412.6572. Madry et al. 2017, 1706.06083. Wong, Rice, Kolter 2020, 2001.03994.</p>
"""
