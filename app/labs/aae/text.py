"""Words of the AAE lab: headlines and explanations of its four tabs."""

from __future__ import annotations

HEADLINES = {
    "aae": """<p style="margin:0"><span data-method="d">D</span> learns to tell <span data-method="prior">draws of a prior</span> from
<span data-method="code">codes</span>; the <span data-method="encoder">encoder</span> learns to fool it: min<sub>Enc</sub> max<sub>D</sub> E<sub><span data-method="prior">z∼p(z)</span></sub> log <span data-method="d">D</span>(<span data-method="prior">z</span>)
+ E<sub>x</sub> log(1 − <span data-method="d">D</span>(<span data-method="code">Enc(x)</span>)).</p>""",
    "vae": """<p style="margin:0">Same data, seed, networks, clock. The <span data-method="encoder">AAE</span> plays its game; the <span data-method="vae">VAE</span>
lowers −E log p(x|z) + β·KL(q(z|x) ‖ <span data-method="prior">p(z)</span>), image by image; at β = 1 that is −ELBO.</p>""",
    "style": """<p style="margin:0">The decoder is told the label y, so the code z is left with the <b>style</b>: Dec(z, y).
<span data-method="d">D</span> sees to it that styles follow <span data-method="prior">N(0, I)</span>, whatever the digit.</p>""",
    "few": """<p style="margin:0">Two heads, the digit <span data-method="code">q(y|x)</span> and the style <span data-method="code">z</span>; two games make them look like
<span data-method="prior">one-hot digits</span> and <span data-method="prior">N(0, I)</span>; a few labels name the digits.</p>""",
}

CODES = """
<h3>The numbers of this moment</h3>
<p class="formula">step <output data-step="1" data-form="whole"></output>: L<sub>rec</sub> = <output data-metric="reconstruction"></output> nats &nbsp;
L<sub><span data-method="d">D</span></sub> = <output data-metric="loss_d" data-form="signed"></output> &nbsp;
L<sub><span data-method="encoder">Enc</span></sub> = <output data-metric="loss_encoder" data-form="signed"></output> &nbsp; λ = <output data-knob="lam"></output></p>
<p>Every mini-batch has three phases. <b>Reconstruction</b>: encoder and decoder lower −log p(x|z), the mean over the batch. <b>D</b> learns to tell prior samples from codes.
<b>Encoder</b>: it lowers −log D(Enc(x)), the loss that is steep where D is sure; λ scales this step. At the end D knows nothing, answers ½, and both losses of the game are log 2 = .693.</p>
<h3>Why five numbers of fit</h3>
<p class="formula">MMD² <output data-metric="mmd2" data-form="signed"></output> (<output data-metric="mmd2_null" data-form="signed"></output>) &nbsp;
W₂ <output data-metric="sliced_w2" data-form="signed"></output> (<output data-metric="sliced_w2_null" data-form="signed"></output>) &nbsp;
E log p <output data-metric="log_p_prior" data-form="signed"></output> (<output data-metric="log_p_prior_null" data-form="signed"></output>) &nbsp;
3σ <output data-metric="within_3sigma" data-form="signed"></output> (<output data-metric="within_3sigma_null" data-form="signed"></output>)</p>
<p>In brackets the same number for fresh draws of the prior itself: a perfect fit would show that, not 0. None of them is enough alone. Codes shrunk to .7 of the petals have a
<i>higher</i> E log p than the petals; codes with one petal missing keep it at −2.10, and only the count of modes, MMD² and W₂ notice; codes spread as N(0, I) still touch all ten petals. Live numbers of the fit
are of 1000 test images, losses of 256; the command line reports all 10,000.</p>
<h3>Why the gradient penalty</h3>
<p>Without it a plain D in a strong game grows steep, throws the codes in a heap across the plane and follows them, and the petals are never found. γ‖∇‖² of D's logit at prior samples and codes keeps D's slope small where the two meet (Mescheder et al.
2018). The paper does without, with longer training and other rates.</p>
<h3>Labels</h3>
<p>D may be told a label beside z: a one-hot of eleven, ten digits and "unlabelled". A labelled image is then compared with the part of the prior that is its digit's own, so each digit goes
to its own petal. An unlabelled one is compared with the whole prior, and D is never told more of it.</p>
<p><b>Errata.</b> The survey writes this V(D, G) with GAN's roles: here the <i>real</i> side is the draw of the prior and the <i>fake</i> side is Enc(x). Its L<sub>reconst</sub> divides by D<sub>data</sub>,
which is not defined: it is the mean over the batch.</p>
<p>Makhzani, Shlens, Jaitly, Goodfellow, Frey 2015, arXiv 1511.05644. Gradient penalty: Mescheder, Geiger, Nowozin 2018, arXiv 1801.04406.</p>
"""

BESIDE = """
<h3>The numbers of this moment</h3>
<p class="formula"><span data-method="encoder">AAE</span>: L<sub>rec</sub> <output data-metric="reconstruction.aae"></output>, MMD² <output data-metric="mmd2.aae" data-form="signed"></output>,
W₂ <output data-metric="sliced_w2.aae" data-form="signed"></output> &nbsp; <span data-method="vae">VAE</span>: L<sub>rec</sub> <output data-metric="reconstruction.vae"></output>,
KL <output data-metric="kl.vae"></output>, MMD² <output data-metric="mmd2.vae" data-form="signed"></output>, W₂ <output data-metric="sliced_w2.vae" data-form="signed"></output></p>
<p>The VAE maximises a lower bound of log p(x), image by image: ELBO = E log p(x|z) − KL(q(z|x) ‖ p(z)). For N(0, I) its KL has a closed form; for every other prior it is estimated at one draw
of q, so it needs the prior's density. The AAE needs samples of the prior and nothing else; it would learn a prior that only comes as samples.</p>
<p>On average over images that KL is I(x; z) + KL(q(z) ‖ p(z)): the cloud is compared too, but what a code tells of its image is charged with it, and this direction punishes a code where p is low
far more than a gap where it is high. So codes leave gaps, and the decoder's picture blurs over them. D compares the two clouds as clouds. On the petals the AAE's codes come nearer in MMD² and W₂
(the VAE's measured on draws of q(z|x), since it is their cloud that its KL compares with p; the dots in the plane are the means of q), and transitions between digits are sharper; the VAE's reconstruction error counts a
noisy code, so compare the two with care.</p>
<p><b>Errata.</b> The survey calls its loss L the ELBO; L = −ELBO. The AAE's V has GAN's roles copied on the slide: the real side is the draw of the prior.</p>
<p>Makhzani et al. 2015, arXiv 1511.05644, figure 2. Kingma, Welling 2013, arXiv 1312.6114.</p>
"""

STYLE = """
<h3>The numbers of this moment</h3>
<p class="formula">step <output data-step="1" data-form="whole"></output>: L<sub>rec</sub> = <output data-metric="reconstruction"></output> nats &nbsp; W₂ of styles to N(0, I)
<output data-metric="sliced_w2" data-form="signed"></output> (draws of it: <output data-metric="sliced_w2_null" data-form="signed"></output>) &nbsp; read as asked
<output data-metric="controlled" data-form="percent"></output></p>
<p>The label reaches the decoder, so a code that repeats it would be waste, and the game makes waste costly: only what the label does not say is left for z. Slant, width, thickness of the stroke. Every
row of the grid is one z, every column one y. Drag in the plane: the first two of z's directions move, and the last row shows all ten digits in that style.</p>
<p><i>D is told y</i> makes D judge styles digit by digit, so that the styles of each digit fill N(0, I) by themselves; without it they need to do so only together.</p>
<p>Parzen: a Gaussian around each of 10,000 samples, its width chosen on training images, and the mean log-likelihood of the test images. The paper reports 340 ± 2 nats for its networks with 10,000
samples. A kernel estimate in 784 dimensions says little of how samples look, and depends on how many there are.</p>
<p>Makhzani et al. 2015, arXiv 1511.05644, §4.</p>
"""

FEW = """
<h3>The numbers of this moment</h3>
<p class="formula">step <output data-step="1" data-form="whole"></output>: test error <output data-metric="test_error" data-form="percent"></output> with
<output data-knob="labels" data-form="whole"></output> labels &nbsp; L<sub>rec</sub> <output data-metric="reconstruction"></output> nats &nbsp; D<sub>y</sub> <output data-metric="loss_dy" data-form="signed"></output>
&nbsp; D<sub>z</sub> <output data-metric="loss_dz" data-form="signed"></output></p>
<p>Three phases. <b>Reconstruction</b> and <b>regularisation</b> use no label: the decoder gets q(y|x) beside z, D<sub>y</sub> makes q(y|x) look like a one-hot of a uniform digit, D<sub>z</sub> makes z look like
N(0, I). So the first head is left to say one of ten things, and the ten that help most are the digits. <b>Classification</b> uses the few labels, all digits equally often: cross-entropy, which takes the
head's logits, not its softmax.</p>
<p>The encoder sees training images turned, shifted and noised and must give back the clean ones: with 100 labels that is worth a great deal. Test error live is of the first 1000
test images.</p>
<p>The paper reports 1.90 ± .10 % with 100 labels, 1.60 ± .08 % with 1000, .85 ± .02 % with all (networks of 1000-1000 units, long training).</p>
<p>Makhzani et al. 2015, arXiv 1511.05644, §5.</p>
"""
EXPLANATIONS = {"aae": CODES, "vae": BESIDE, "style": STYLE, "few": FEW}
