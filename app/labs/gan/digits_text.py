"""Words of the GAN lab's digits."""

from __future__ import annotations

from app.page.presets import Preset

HEADLINE = """<p style="margin:0">The same game on 60,000 handwritten digits: <span data-method="g">G</span> makes images from codes z,
<span data-method="d">D</span> tells them from <span data-method="real">real</span> ones. Click samples, and walk through the codes between them.</p>"""

MEASURES = [
    {
        "name": "classes",
        "label": "10,000 samples",
        "title": "What the judge, a classifier that ships, sees in 10,000 samples",
        "html": 'clear <output data-number="confident_share" data-form="share"></output>, rarest digit <output '
        'data-number="class_share_min" data-form="share"></output>',
        "bars": {"number": "counts", "labels": list("0123456789")},
    },
    {
        "name": "parzen",
        "label": "Parzen",
        "title": "Parzen-window log-likelihood of the 10,000 test digits under 10,000 samples. σ is chosen on 1000 "
        "training digits, which G has seen too: a poor σ can only lower the number. Minutes.",
        "html": '<output data-number="nats"></output> ± <output data-number="error"></output> nats, σ = <output '
        'data-number="sigma"></output> (paper: 225 ± 2)',
    },
]

PRESETS = (
    Preset(
        "Does it learn by heart?",
        "?tab=digits&from=digits-conv",
        "The right-most column is the nearest of all 60,000 training digits to the sample beside it. Two "
        "training digits of one class are 6.5 (ones) to 10 apart on average; a fresh "
        "test digit is about 4 from its nearest. A G that had learned by heart would show zeros.",
    ),
    Preset(
        "From scratch",
        "?tab=digits&from=scratch&play=1",
        "Noise becomes strokes, strokes become digits. Watch D(x) and D(Ḡ(z)): they stay apart while there is "
        "something left to learn.",
    ),
    Preset(
        "After the paper's networks",
        "?tab=digits&from=digits-dense",
        "Dense layers, a uniform code of 100 dimensions, dropout in D; narrower than the paper's, leaky ReLU in "
        "place of maxout, and Adam. Press Parzen for the number "
        "the paper reports, 225 ± 2 nats.",
    ),
    Preset(
        "A D that is not held back",
        "?tab=digits&from=digits-conv&r1=0&lr_d=0.002&play=1",
        "Without its gradient penalty and with a higher rate D runs ahead: D(G(z)) falls towards 0 and samples "
        "get worse. Drag γ up again and they recover.",
    ),
)

EXPLANATION = """
<h3>The game, with the numbers of this moment</h3>
<p class="formula">V(<span data-method="d">D</span>, <span data-method="g">G</span>) at step <output data-step="1" data-form="whole"></output>:
<output data-metric="value" data-form="signed"></output>, of Ḡ &nbsp; mean <span data-method="d">D</span>(<span data-method="real">x</span>) <output data-metric="d_real" data-form="signed"></output>
on test digits &nbsp; mean <span data-method="d">D</span>(<span data-method="fake">G(z)</span>) <output data-metric="d_fake" data-form="signed"></output></p>
<p>Samples come from Ḡ, the running mean of G's weights: single steps of G jitter around what it has learned. All numbers here are of Ḡ; D plays against G itself.</p>
<h3>Walking between codes</h3>
<p>A straight line (lerp) between two Gaussian codes of many dimensions passes too near the origin: half-way it is about .71 as long as its ends, a length that G hardly met while it trained.
slerp goes along the great circle instead and keeps the length; the green line below the strip is ‖z‖. In two dimensions the difference is harmless. Uniform codes lie on a shell as well,
but slerp would leave their cube, so there lerp is the usual choice. Codes in <i>ten clusters</i>, one along each of ten axes, give each kind of digit a place of its own: the way from one
cluster to another crosses a gap that G was never asked about.</p>
<p>If G had learned single digits by heart, the walk would jump; smooth changes of slant, thickness and class say that it has learned a surface of digits.</p>
<h3>How good are they?</h3>
<p>A judge, a classifier with .6 % error that ships with Saddle, says which digit a sample is and how surely; it is over 90 % sure of 98.9 % of real test digits. The Parzen window puts a Gaussian of
width σ on each of 10,000 samples and asks how likely test digits are under that mixture. It is the number of the paper and a poor one: it rewards blurred samples, and a
model that keeps the training set by heart scores well. So look at the digits, the nearest neighbours and the class shares as well.</p>
<p>Goodfellow et al. 2014, arXiv 1406.2661, §5, figures 2 and 3. R1: Mescheder, Geiger, Nowozin 2018, arXiv 1801.04406. slerp: White 2016, arXiv 1609.04468.</p>
"""
