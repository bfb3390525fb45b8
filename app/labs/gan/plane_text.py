"""Words of the GAN lab's plane: headline, phases of a step, explanation."""

from __future__ import annotations

HEADLINE = """<p style="margin:0"><span data-method="d">D</span> learns to tell <span data-method="real">real</span> points from
<span data-method="fake">generated</span> ones; <span data-method="g">G</span> learns to fool it:
<span data-when="loss:minimax,ns">min<sub>G</sub> max<sub>D</sub> V = E log <span data-method="d">D</span>(<span data-method="real">x</span>)
+ E log(1 − <span data-method="d">D</span>(<span data-method="fake">G(z)</span>))<span data-when="loss:ns">; G climbs E log <span data-method="d">D</span>(<span
data-method="fake">G(z)</span>) instead</span>.</span>
<span data-when="loss:lsgan" hidden><span data-method="d">D</span>: min ½E(<span data-method="d">D</span>(<span data-method="real">x</span>) − 1)² + ½E
<span data-method="d">D</span>(<span data-method="fake">G(z)</span>)²; <span data-method="g">G</span>: min ½E(<span data-method="d">D</span>(<span data-method="fake">G(z)</span>) − 1)².</span>
<span data-when="loss:wgan,wgan_gp" hidden>min<sub>G</sub> max<sub>D</sub> E <span data-method="d">D</span>(<span data-method="real">x</span>) − E
<span data-method="d">D</span>(<span data-method="fake">G(z)</span>), D a critic <span data-when="loss:wgan">with weights within ±c</span><span data-when="loss:wgan_gp">with slope
near 1</span>: its values are scores, not probabilities.</span></p>"""

PAIR_HEADLINE = """<p style="margin:0">Two games with the same data, the same seed and the same initial weights on one clock. Only their knobs
differ.</p>"""

OUT = '<output data-number="{}"></output>'

BY_LOSS_D = (
    " <span data-when='loss:ns,minimax'>L<sub>D</sub> = −mean log D(x) − mean log(1 − D(G(z))).</span>"
    "<span data-when='loss:lsgan'>L<sub>D</sub> = ½ mean (D(x) − 1)² + ½ mean D(G(z))².</span>"
    "<span data-when='loss:wgan,wgan_gp'>L<sub>D</sub> = mean D(G(z)) − mean D(x).</span>"
)
BY_LOSS_G = (
    "<span data-when='loss:ns'>−mean log D(G(z))</span><span data-when='loss:minimax'>mean log(1 − D(G(z)))</span>"
    "<span data-when='loss:lsgan'>½ mean (D(G(z)) − 1)²</span><span data-when='loss:wgan,wgan_gp'>−mean D(G(z))</span>"
)

# The sub-steps of one step, in the method's order: title, parts of the diagram, panel, words with
# the numbers of this very step.
PHASES = [
    {
        "name": "sample",
        "title": "1 sample z and x",
        "parts": ["z", "x"],
        "panel": "game",
        "html": f"Draw a batch of {OUT.format('batch')} codes z ∼ p(z), mean ‖z‖ {OUT.format('z_norm')}, and as many "
        f"real points x ∼ p_data.",
    },
    {
        "name": "generate",
        "title": "2 G(z)",
        "parts": ["g", "gz"],
        "panel": "game",
        "html": f"G maps each z to a point of the plane. Mean of G(z): ({OUT.format('fake_x')}, "
        f"{OUT.format('fake_y')}).",
    },
    {
        "name": "judge",
        "title": "3 D judges",
        "parts": ["d"],
        "panel": "game",
        "html": f"D sees both. Mean D(x) = {OUT.format('d_real')} on real points, mean D(G(z)) = {OUT.format('d_fake')} "
        f"on generated ones.",
    },
    {
        "name": "losses",
        "title": "4 losses",
        "parts": ["v"],
        "panel": "curves",
        "html": f"D minimises L<sub>D</sub> = {OUT.format('loss_d')} = −V, V = {OUT.format('value')}, {BY_LOSS_D}"
        f"<span data-when='loss:wgan_gp'> λ times a gradient penalty of {OUT.format('penalty')} comes on "
        f"top.</span> On these points L<sub>G</sub> = {OUT.format('loss_g')}, {BY_LOSS_G}.",
    },
    {
        "name": "d_gradient",
        "title": "5 D's gradient",
        "parts": ["v", "d"],
        "panel": "game",
        "html": f"‖∇<sub>θ<sub>D</sub></sub> L<sub>D</sub>‖ = {OUT.format('norm')}<span data-when='loss:wgan_gp'>, "
        f"penalty included</span>; its largest entry is {OUT.format('largest')}. G is held fixed.",
    },
    {
        "name": "d_update",
        "title": "6 D moves",
        "parts": ["d"],
        "panel": "game",
        "html": f"Adam moves D's weights. On the same batch L<sub>D</sub> is now {OUT.format('loss_d')}, mean D(x) "
        f"{OUT.format('d_real')}, "
        f"mean D(G(z)) {OUT.format('d_fake')}: look at the field.",
    },
    {
        "name": "g_gradient",
        "title": "7 G's gradient",
        "parts": ["v", "d", "gz", "g"],
        "panel": "game",
        "html": f"A fresh batch of z. L<sub>G</sub> = {OUT.format('loss_g')} flows back through D, which is held fixed: "
        f"arrows show −∇<sub>G(z)</sub> L<sub>G</sub>, where each "
        f"point would go. ‖∇<sub>θ<sub>G</sub></sub> L<sub>G</sub>‖ = {OUT.format('norm')}.",
    },
    {
        "name": "g_update",
        "title": "8 G moves",
        "parts": ["g", "gz"],
        "panel": "game",
        "html": f"Adam moves G's weights: generated points move by {OUT.format('moved')} on average, and L<sub>G</sub> "
        f"is now {OUT.format('loss_g')}. "
        "<i>Next</i> takes this step and explains the one after it.",
    },
]

FLOW = {
    "nodes": [
        ["z", "z", 0, 1],
        ["g", "G", 1, 1],
        ["gz", "G(z)", 2, 1],
        ["x", "x", 2, 0],
        ["d", "D", 3, 0.5],
        ["v", "L_D, L_G", 4, 0.5],
    ],
    "edges": [["z", "g"], ["g", "gz"], ["gz", "d"], ["x", "d"], ["d", "v"]],
}

EXPLANATION = """
<h3>The game, with the numbers of this moment</h3>
<p class="formula">V(<span data-method="d">D</span>, <span data-method="g">G</span>) at step <output data-step="1" data-form="whole"></output>:
<output data-metric="value" data-form="signed"></output> &nbsp; mean <span data-method="d">D</span>(<span data-method="real">x</span>)
<output data-metric="d_real"></output> &nbsp; mean <span data-method="d">D</span>(<span data-method="fake">G(z)</span>) <output data-metric="d_fake"></output></p>
<p>With a loss of probabilities (minimax, non-saturating) V lies below 0; at the end of the game D knows nothing, answers ½ everywhere, and V = −log 4 = −1.386. With least squares
or a critic V is minus D's loss, without the penalty: −.25 and 0 at the end. A critic's V estimates the Wasserstein distance, up to the critic's slope.</p>
<table><tr><th>loss</th><th>D minimises</th><th>G minimises</th></tr>
<tr><td>minimax</td><td>−log D(x) − log(1 − D(G(z)))</td><td>log(1 − D(G(z)))</td></tr><tr><td>non-saturating</td><td>the same</td><td>−log D(G(z))</td></tr>
<tr><td>least squares</td><td>½(D(x) − 1)² + ½D(G(z))²</td><td>½(D(G(z)) − 1)²</td></tr><tr><td>WGAN</td><td>D(G(z)) − D(x), weights within ±c</td><td>−D(G(z))</td></tr>
<tr><td>WGAN-GP</td><td>D(G(z)) − D(x) + λ(‖∇D(x̂)‖ − 1)²</td><td>−D(G(z))</td></tr></table>
<h3>What the theory says of this G</h3>
<p>For a fixed G the best D is D*(x) = p_data/(p_data + p_g). It is where V has its <b>maximum</b> over D, because a·log t + b·log(1 − t) is largest at t = a/(a + b).
Put back in, it leaves C(G) = max<sub>D</sub> V = <b>2·JS(p_data ‖ p_g) − log 4</b>.</p>
<p class="formula">2·JS − log 4 = <output data-metric="two_js_minus_log4" data-form="signed"></output> &nbsp; C(G), measured with D* on other samples:
<output data-metric="cost" data-form="signed"></output> &nbsp; JS = <output data-metric="js"></output> nats</p>
<p>Both are taken on the grid of the field, 64 × 48 cells, with every density blurred by a Gaussian of one cell: a cloud of points has no density without some blur, and both clouds get
the same. So JS, C(G) and the panel of D* speak of the blurred densities; JS goes from 0 to log 2 = .693. V is taken on the points themselves, so a strong D can lie above C(G).</p>
<p><b>Errata.</b> The survey says that V has its "minimum" at D*: it is the maximum. It writes C(G) = JS − log 4: the factor 2 is lost, and a measurement shows it at once.</p>
<h3>Why not train G on the formula above?</h3>
<p>Early on D wins easily: D(G(z)) is near 0, and log(1 − D(G(z))) is flat there: the worst points pull least. Adam rescales the gradient, so points still move, but led by
the few that D is least sure of. The <i>non-saturating</i> loss −log D(G(z)) has the
same fixed point and is steep where the other is flat; it is what the paper itself trains with. When real and generated points do not overlap at all JS is log 2 however far
apart they are: it gives G no direction. The Wasserstein distance does.</p>
<p>‖∇L<sub>G</sub>‖ = <output data-metric="grad_g"></output>, ‖∇L<sub>D</sub>‖ = <output data-metric="grad_d"></output>, without the penalty. The manifold's lines are G over equal steps of z's
probability, over its first two dimensions: where they crowd, p_g is high; where they are torn across a gap, generated points lie between the modes.</p>
<p>Goodfellow et al. 2014, arXiv 1406.2661. LSGAN: Mao et al. 2016, arXiv 1611.04076. WGAN: Arjovsky et al. 2017, arXiv 1701.07875. Gradient penalty: Gulrajani et al. 2017, arXiv 1704.00028.</p>
"""

PAIR_EXPLANATION = """
<h3>Side by side, at step <output data-step="1" data-form="whole"></output></h3>
<p class="formula">A: loss <output data-knob="loss" data-form="text"></output>, JS <output data-metric="js.a" data-form="signed"></output>, D(G(z))
<output data-metric="d_fake.a" data-form="signed"></output>, ‖∇L<sub>G</sub>‖ <output data-metric="grad_g.a"></output></p>
<p class="formula">B: loss <output data-knob="loss_b" data-form="text"></output>, JS <output data-metric="js.b" data-form="signed"></output>, D(G(z))
<output data-metric="d_fake.b" data-form="signed"></output>, ‖∇L<sub>G</sub>‖ <output data-metric="grad_g.b"></output></p>
<p>Both draw real points and codes from streams of the same seed; with equal k<sub>D</sub> and k<sub>G</sub> they see the very same batches. Give both the same knobs and
they stay the same to the last bit.</p>
<p>Losses: minimax log(1 − D(G(z))), non-saturating −log D(G(z)), least squares ½(D(G(z)) − 1)², and for a critic −D(G(z)). What each D minimises stands
in the tab <i>Plane</i>.</p>
"""
