"""Words of the ARAE lab: headlines and explanations of its tabs."""

from __future__ import annotations

ENC, G, F = (
    '<span data-method="real">enc(x)</span>',
    '<span data-method="g">g(s)</span>',
    '<span data-method="d">f</span>',
)
GAME = (
    'min<sub>φ,ψ,θ</sub> <span data-method="decoder">L<sub>rec</sub></span> + λ<sub>1</sub>·max<sub><span '
    'data-method="d">f</span></sub> '
    f"[E {F}({ENC}) − E {F}({G})]"
)

HEADLINES = {
    "transfer": f"""<p style="margin:0">The decoder is told the style, the encoder hides it from u. &nbsp; {GAME}
+ λ<sub>2</sub>·E[−log p<sub>u</sub>(1 − y | {ENC})]</p>""",
    "sample": f"""<p style="margin:0">The prior is learned: <span data-method="g">g</span> turns noise into codes, and the critic {F} makes both clouds
meet. &nbsp; {GAME}</p>""",
    "three": f"""<p style="margin:0">Same sentences, seed and first weights. An AE has no prior; an <span data-method="prior">AAE</span> draws its codes
to noise that is fixed; an ARAE learns a prior {G}.</p>""",
    "digits": f"""<p style="margin:0">The same game where each "word" is a pixel that is on or off: binarised MNIST. &nbsp; {GAME}</p>""",
}

NUMBERS = """
<h3>The numbers of this moment</h3>
<p class="formula">step <output data-step="1" data-form="whole"></output>: <span data-method="decoder">L<sub>rec</sub></span> =
<output data-metric="loss_ae"></output> nats a word &nbsp; Ŵ = <output data-metric="wasserstein" data-form="signed"></output> &nbsp; words right
<output data-metric="token_accuracy" data-form="percent"></output> &nbsp; Var enc(x) <output data-metric="code_variance"></output>, Var g(s)
<output data-metric="code_variance.prior"></output> &nbsp; σ now <output data-metric="noise_now"></output></p>
"""
WHY = f"""
<h3>Why the game is played among codes</h3>
<p>A word is chosen, not turned a little: no gradient leads through the choice from a critic of sentences back to a generator. So the sentence goes
through a code of length 1, z = {ENC}, which is continuous, and the game is played there. With {F} kept 1-Lipschitz, E {F}({ENC}) − E {F}({G}) is at most
the Wasserstein distance of the two clouds, and Ŵ estimates it up to {F}'s slope.</p>
<p>The noise σ on codes while the decoder learns makes nearby codes decode alike. Without it the decoder may give every sentence a pin-prick of a code and
leave what lies between to chance.</p>
<h3>Four updates a step</h3>
<p><b>Reconstruction</b>: encoder φ and decoder ψ. <b>Critic</b>: {F}, k times, with weights clipped within ±c or with a penalty on (‖∇{F}‖ − 1)² between
codes. <b>Encoder and generator</b>: g lowers −E {F}({G}), φ lowers λ<sub>1</sub>·E {F}({ENC}). <b>Classifier</b>, for transfer: u, then φ against u.</p>
<p>λ<sub>1</sub> = 0 leaves the encoder alone: g must follow where the codes go. λ<sub>1</sub> too large and the codes run together to please {F}: Var
{ENC} falls and with it the words that come back.</p>
<h3>A gradient penalty that is one</h3>
<p>The penalty takes ‖∇<sub>z</sub>{F}(z)‖ at each point. The published code for text lets the critic return the mean over its batch of B = 64, so each
gradient it sees is 64 times too small and its penalty pushes f to be 64 times too steep. Its λ<sub>1</sub> and penalty weight do not carry over to a
correct one; those here were found anew.</p>
"""
MEASURES = """
<h3>What is measured, and by whom</h3>
<p><b>Turned</b>: the share of held-out sentences that a classifier reads as the class asked for; it is a logistic regression on words and pairs of words,
trained on sentences that no model here learns from (of your own sentences there are too few for that: there it and
the n-gram model learn from the training sentences, and are kinder to them). <b>BLEU</b>: of the result against its own source, so it rewards change as
little as possible; a copy
gets 100, and is turned only where the classifier errs. <b>Perplexity</b>: of the results under an n-gram model of sentences set apart. <b>Reverse
perplexity</b>: of real held-out
sentences under an n-gram model of 5,000 samples, four times over, with the standard error that comes of it; samples that are fluent but few score badly. On the <b>grammar</b> the truth is known: whether a result
is a sentence of it, its sentiment, whether food, service, place and price are still those of the source.</p>
"""
ERRATA = """
<p><b>Errata.</b> The survey writes min over φ, ψ; the learned prior has θ, and it belongs under the same min; f ranges over 1-Lipschitz functions. It
writes −λ<sub>2</sub>·L<sub>class</sub> under one min over all: u and the encoder <i>oppose</i> each other, u lowers L<sub>class</sub> and the encoder
raises it. What is trained is not −L<sub>class</sub> but the loss of the flipped label, −log p<sub>u</sub>(1 − y | z): it has the same goal and is steep
where u is sure. It exists for two classes only; for three domains the encoder lowers the cross-entropy of u's answer with the uniform distribution.</p>
<p>Zhao, Kim, Zhang, Rush, LeCun 2017, <i>Adversarially regularized autoencoders</i>, arXiv 1706.04223. Cross-AE: Shen, Lei, Barzilay, Jaakkola 2017,
arXiv 1705.09655. Gradient penalty: Gulrajani et al. 2017, arXiv 1704.00028.</p>
"""
TRANSFER = """
<h3>Transfer without pairs</h3>
<p class="formula">L<sub>class</sub> = <output data-metric="loss_u"></output> nats, log 2 = .693 (of three domains log 3 = 1.10) would be a u that knows
nothing &nbsp; turned
<output data-metric="transfer_accuracy" data-form="percent"></output></p>
<p>Nobody tells which negative sentence belongs to which positive one. The decoder is told the style beside the code, so a code that repeats the style
would be waste; u and λ<sub>2</sub> make it costly. What is left in the code is the content, and the same code with the other style says the same in the
other class's words.</p>
<p><b>Cross-AE</b> plays no game among codes: one encoder, one decoder told the style, and for each style an adversary that compares the decoder's hidden
states over time: led by the true words of a sentence of that style, and led by its own words while it decodes a sentence of another style into it.</p>
"""
EXPLANATIONS = {
    "transfer": NUMBERS + TRANSFER + WHY + MEASURES + ERRATA,
    "sample": NUMBERS
    + WHY
    + """
<h3>Ways between codes</h3>
<p>Between two sentences the way is the arc between their codes; it says whether the decoder knows the ground between. Between two draws of s it is g
along an arc: it says whether the prior's own paths stay among sentences. Words that are new against the sentence above are marked.</p>
"""
    + MEASURES
    + ERRATA,
    "three": """
<h3>The numbers of this moment</h3>
<p class="formula">words right: AE <output data-metric="token_accuracy.ae" data-form="percent"></output>, AAE
<output data-metric="token_accuracy.aae" data-form="percent"></output>, ARAE <output data-metric="token_accuracy.arae" data-form="percent"></output>
&nbsp; grammatical samples: AE <output data-metric="grammatical.ae" data-form="percent"></output>, AAE
<output data-metric="grammatical.aae" data-form="percent"></output>, ARAE <output data-metric="grammatical.arae" data-form="percent"></output></p>
<p>The autoencoder has no prior; here it samples from the normal that fits its codes, which is more than a plain autoencoder has. The AAE's encoder must
carry the codes of all sentences to noise that is fixed. The ARAE's g comes to meet the codes: it is a network and can fold 32 numbers of noise into
whatever shape they have.</p>
<p>On the grammar with the usual knobs all three give back their words and say sentences, most of them new: it is an easy language. Reverse perplexity tells
the AAE apart, because it asks whether samples are as many as the language is; between g and a normal fitted afterwards it finds next to nothing. The table
has the numbers.</p>
<p>So compare three things: whether the rings lie over the marks, whether samples are sentences, and what reconstruction costs.</p>
"""
    + ERRATA,
    "digits": """
<h3>The numbers of this moment</h3>
<p class="formula">step <output data-step="1" data-form="whole"></output>: <span data-method="decoder">L<sub>rec</sub></span> =
<output data-metric="loss_ae"></output> nats an image &nbsp; Ŵ = <output data-metric="wasserstein" data-form="signed"></output> &nbsp; rarest digit
<output data-metric="class_share_min" data-form="share"></output> &nbsp; clear <output data-metric="confident_share" data-form="share"></output></p>
<p>MNIST cut at mid-grey: 784 pixels that are on or off, a discrete sequence like a sentence but without order of time, so encoder and decoder are plain
layers. g maps 32 numbers to a code of 100. The paper clips {f}'s weights and bounds codes by tanh; here codes have length 1 and the penalty is the
gradient's, unless <i>critic</i> says otherwise. A digit of the samples is what a classifier reads that ships with Saddle; each of the ten should have 4 %
or more.</p>
""".replace("{f}", F)
    + ERRATA,
}
