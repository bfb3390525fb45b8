"""The mathematics under the ARAE lab: penalty, codes, LSTM, updates, n-grams, scores."""

import math
import types

import pytest
import sacrebleu
import torch
from torch import nn

from engine.core.registry import find
from engine.data.text.corpus import END, PAD
from engine.methods.arae.game import ARAEGame, sentence_autoencoder
from engine.methods.arae.networks import Decoder, Encoder, word_loss
from engine.methods.arae.questions import changed
from engine.metrics.ngram import NGrams
from engine.metrics.text_scores import bleu, grammar_scores, token_accuracy
from engine.nn.gan_losses import between, gradient_norm_penalty
from engine.nn.interpolation import arc
from engine.nn.lstm import LSTM
from engine.runs.run import Run

SIZES = {"code": 6, "embedding": 4, "hidden": 5, "s": 3, "width": 7}
TINY = find("arae").contract_setup


def g(seed=0):
    return torch.Generator().manual_seed(seed)


def game(prior="learned", styles=2, words=9):
    return ARAEGame(*sentence_autoencoder(words, styles, SIZES, 1), prior, styles, SIZES, 1)


def rows(n=16, words=9, length=6):
    ids = torch.randint(4, words, (n, length), generator=g())
    for k, row in enumerate(ids):
        row[1 + k % (length - 1)] = END
        row[2 + k % (length - 1) :] = PAD
    return ids


# -- critic ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", (1, 2, 64))
def test_the_penalty_of_a_linear_critic_is_known_whatever_the_batch(batch):
    """f(c) = w·c + b has ‖∇f‖ = ‖w‖ everywhere, so the penalty is (‖w‖ − 1)². A critic that returns
    its batch mean would be seen with ∇f/B.
    """
    critic = nn.Linear(6, 1).double()
    with torch.no_grad():
        critic.weight.copy_(torch.randn(1, 6, generator=g(), dtype=torch.float64) * 2)
    real, fake = (torch.randn(batch, 6, generator=g(k), dtype=torch.float64) for k in (1, 2))
    share = torch.rand(batch, 1, generator=g(3), dtype=torch.float64)
    penalty = gradient_norm_penalty(lambda c: critic(c)[:, 0], between(real, fake, share))
    norm = critic.weight.norm().item()
    assert penalty.item() == pytest.approx((norm - 1) ** 2, rel=1e-9)
    (slope,) = torch.autograd.grad(penalty, critic.weight)
    assert slope.flatten().tolist() == pytest.approx((2 * (norm - 1) / norm * critic.weight[0]).tolist(), rel=1e-6)


def test_the_games_own_penalty_does_not_depend_on_the_batch():
    """The same check on the step a run carries out: a critic made linear, with codes of any number."""
    for batch in (4, 64):
        one = game()
        one.f = nn.Sequential(nn.Linear(6, 1))
        nn.init.constant_(one.f[0].weight, 0.7)
        norm = one.f[0].weight.norm().item()
        one.optimisers["f"] = types.SimpleNamespace(step=lambda loss, rate: None)
        knobs = types.SimpleNamespace(penalty="gp", gp=1.0, clip=0)
        seen = one.criticise(nn.functional.normalize(torch.randn(batch, 6, generator=g()), dim=1), knobs, 1e-3)
        assert seen["penalty"].item() == pytest.approx((norm - 1) ** 2, rel=1e-4)
        assert seen["loss"].item() == pytest.approx(-seen["wasserstein"].item() + seen["penalty"].item(), rel=1e-5)


def test_critic_and_encoder_pull_in_opposite_directions_and_g_follows_the_critic():
    """W = E f(enc x) − E f(g(s)): the critic's own step raises it, the encoder's lowers E f(enc x),
    the generator's raises E f(g(s)).
    """
    one, ids, y = game(), rows(64), torch.zeros(64, dtype=torch.long)
    knobs = types.SimpleNamespace(penalty="clip", clip=0.5, gp=0, lam1=1.0, lam2=0.0)
    s = one.draw(256, g(5))

    def value():
        with torch.no_grad():
            return one.f(one.encoder(ids)).mean().item(), one.f(one.prior_codes(s)).mean().item()

    for _ in range(20):
        with torch.no_grad():
            real = one.encoder(ids)
        one.criticise(real, knobs, 3e-3)
    real, prior = value()
    assert real - prior > 0
    for _ in range(3):
        one.mislead(ids, y, knobs, 1e-3)
    assert value()[0] < real and value()[1] == prior
    for _ in range(3):
        one.generate(256, 1e-3)
    assert value()[1] > prior


def test_clipping_holds_the_critics_weights():
    run = Run("arae", find("arae").make_setup(TINY), 1)
    run.advance(run.knobs.with_values({"penalty": "clip", "clip": 0.01}), 3)
    assert all(p.abs().max() <= 0.01 for p in run.method.game.f.parameters())


def test_the_flipped_label_is_the_opposite_for_two_classes_and_uniform_for_more():
    two, three = game(styles=2), game(styles=3)
    code, y = torch.randn(8, 6, generator=g()), torch.tensor([0, 1] * 4)
    p = two.u(code).softmax(1)
    assert two.flip(code, y).item() == pytest.approx(-p[torch.arange(8), 1 - y].log().mean().item(), rel=1e-5)
    assert three.flip(code, y).item() == pytest.approx(-three.u(code).log_softmax(1).mean().item(), rel=1e-5)


def test_without_weights_the_encoder_is_not_touched():
    one, ids = game(), rows()
    before = {k: p.clone() for k, p in one.weights.items()}
    assert one.mislead(ids, torch.zeros(16, dtype=torch.long), types.SimpleNamespace(lam1=0.0, lam2=0.0), 1.0) == {}
    assert all(torch.equal(before[k], p) for k, p in one.weights.items())


# -- networks --------------------------------------------------------------------------------------------------------


def test_the_lstm_is_pytorchs_and_its_gradients_too():
    mine = LSTM(9, 4, 3, 5, g()).double()
    theirs = nn.LSTM(7, 5).double()
    order = torch.cat([torch.arange(0, 10), torch.arange(15, 20), torch.arange(10, 15)])  # i, f, o, g → i, f, g, o
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(torch.cat([mine.word, mine.context], 1)[order])
        theirs.weight_hh_l0.copy_(mine.state[order])
        theirs.bias_ih_l0.copy_(mine.bias[order])
        theirs.bias_hh_l0.zero_()
    for length in (1, 4):  # also the path that looks up embeddings instead of the table
        ids, context = (
            torch.randint(0, 9, (length, 2), generator=g()),
            torch.randn(2, 3, generator=g(), dtype=torch.float64),
        )
        weights = torch.randn(length, 2, 5, generator=g(1), dtype=torch.float64)
        a = mine(ids, torch.full((2,), length), context)
        b, _ = theirs(torch.cat([mine.embedding[ids], context.expand(length, 2, 3)], 2))
        assert torch.allclose(a, b)
        ours = torch.autograd.grad(
            (a * weights).sum(), [mine.state, mine.bias, mine.embedding], retain_graph=True, allow_unused=True
        )
        known = torch.autograd.grad((b * weights).sum(), [theirs.weight_hh_l0, theirs.bias_ih_l0, mine.embedding])
        assert (
            torch.allclose(ours[0][order], known[0])
            and torch.allclose(ours[1][order], known[1])
            and torch.allclose(ours[2], known[2])
        )


def test_codes_have_norm_one_and_padding_does_not_matter():
    encoder, ids = Encoder(9, 4, 5, 6, g()), rows()
    codes = encoder(ids)
    assert torch.allclose(codes.norm(dim=1), torch.ones(16))
    wider = torch.cat([ids, torch.full((16, 3), PAD)], 1)
    assert torch.allclose(encoder(wider), codes) and torch.allclose(encoder(ids[3:4]), codes[3:4], atol=1e-6)


@pytest.mark.parametrize("prior", ("gaussian", "learned"))
def test_prior_codes_have_norm_one(prior):
    one = game(prior)
    s = one.draw(50, g())
    assert s.shape[1] == (3 if prior == "learned" else 6)
    assert torch.allclose(one.prior_codes(s).norm(dim=1), torch.ones(50)) and torch.allclose(
        one.prior_codes(s, mean=True).norm(dim=1), torch.ones(50)
    )


def test_greedy_decoding_takes_the_likeliest_word_of_teacher_forcing():
    decoder, code, style = (
        Decoder(9, 2, 4, 5, 6, g()),
        torch.randn(20, 6, generator=g(1)) * 3,
        torch.tensor([0, 1] * 10),
    )
    out = decoder.greedy(code, style, 6)
    ends = (out == END).sum(1)
    assert (
        out.shape == (20, 7)
        and 0 < ends.sum() < 20
        and ends.max() == 1
        and ((out[:, :6] != PAD).all(1) | (ends == 1)).all()
    )
    best = decoder(code, style, out)
    best[:, :2] = best[:, 3] = -math.inf  # neither padding nor unknown words are said
    assert torch.equal(best.argmax(1), out[out != PAD])
    # Where most words are said and END is not the next one, none is written.
    cut = torch.cat([out[ends == 0, :6], torch.full((int((ends == 0).sum()), 1), END)], 1)
    after = decoder.out(decoder.states(code[ends == 0], style[ends == 0], cut))[6]
    after[:, :2] = after[:, 3] = -math.inf
    assert (after.argmax(1) != END).all()


def test_the_word_loss_leaves_padding_out():
    """Sentences of unequal length one by one give the same logits, in order, and the loss is the
    mean over their words.
    """
    decoder, code, style, ids = (
        Decoder(9, 2, 4, 5, 6, g()),
        torch.randn(16, 6, generator=g(1)),
        torch.tensor([0, 1] * 8),
        rows(),
    )
    logits = decoder(code, style, ids)
    alone = torch.cat([decoder(code[k : k + 1], style[k : k + 1], ids[k : k + 1]) for k in range(16)])
    assert len(logits) == (ids != PAD).sum() and torch.allclose(logits, alone, atol=1e-6)
    known = -logits.log_softmax(1)[torch.arange(len(logits)), ids[ids != PAD]].mean()
    assert word_loss(logits, ids).item() == pytest.approx(known.item(), rel=1e-5)


def test_gradients_of_sentences_of_unequal_length_are_the_sum_of_each_ones():
    lstm, lengths, ids = (
        LSTM(9, 4, 0, 5, g()).double(),
        torch.tensor([2, 5, 1, 5]),
        torch.randint(0, 9, (5, 4), generator=g()),
    )
    weights = torch.randn(5, 4, 5, generator=g(1), dtype=torch.float64)
    states = lstm(ids, lengths)
    assert (states[2:, 0] == 0).all() and (states[1:, 2] == 0).all() and (states[:2, 0] != 0).all()
    together = torch.autograd.grad((states * weights).sum(), list(lstm.parameters()))
    one = [
        (lstm(ids[:n, k : k + 1], torch.tensor([n])) * weights[:n, k : k + 1]).sum()
        for k, n in enumerate(lengths.tolist())
    ]
    alone = [torch.autograd.grad(total, list(lstm.parameters())) for total in one]
    assert all(torch.allclose(a, sum(parts)) for a, parts in zip(together, zip(*alone)))


# -- scores ----------------------------------------------------------------------------------------------------------


def test_kneser_ney_by_hand():
    """Order 2, discount ¾, sentences a b, a b, a c over {a, b, c, </s>}. Unigrams count the
    different words before: a 1, b 1, c 1, </s> 2, of 5.
    """
    model = NGrams.of(["a b", "a b", "a c"], "abc", order=2)
    base = lambda count: (count - 0.75) / 5 + 0.75 * 4 / 5 / 4  # noqa: E731
    assert model.probability("b", ()) == pytest.approx(base(1)) and model.probability("</s>", ()) == pytest.approx(
        base(2)
    )
    assert model.probability("b", ("a",)) == pytest.approx((2 - 0.75) / 3 + 0.75 * 2 / 3 * base(1))
    assert model.probability("a", ("a",)) == pytest.approx(0.75 * 2 / 3 * base(1))
    assert model.probability("a", ("never",)) == pytest.approx(base(1))
    p = [(3 - 0.75) / 3 + 0.25 * base(1), (2 - 0.75) / 3 + 0.5 * base(1), (2 - 0.75) / 2 + 0.375 * base(2)]
    assert model.perplexity(["a b"]) == pytest.approx(math.prod(p) ** (-1 / 3))


@pytest.mark.parametrize("order", (1, 2, 3, 5))
def test_n_gram_probabilities_sum_to_one(order):
    words = "abcd"
    model = NGrams.of(["a b a", "c b", "a c", "b"], words, order)
    for context in ((), ("a",), ("a", "b"), ("<s>", "<s>"), ("d", "d", "d"), ("<s>", "<s>", "a", "b")):
        assert sum(model.probability(w, context) for w in (*words, "</s>")) == pytest.approx(1)


def test_a_model_of_uniform_words_has_their_perplexity():
    """Nothing to learn but the vocabulary: as many different words as equally likely ones, then an
    END that is sure.
    """
    with pytest.raises(ValueError, match="no sentence"):
        NGrams.of([], "ab")
    model = NGrams.of(list("abcd") * 200, "abcd", order=2)
    assert model.perplexity("abcd") == pytest.approx(math.sqrt(4), rel=0.01)


def test_bleu_is_sacrebleus():
    texts = ["the food was great and the staff was kind .", "i loved the old place ."]
    sources = ["the food was awful and the staff was kind .", "i hated the old place ."]
    assert bleu(texts, sources) == pytest.approx(
        sacrebleu.corpus_bleu(texts, [sources], tokenize="none", force=True).score
    )
    assert bleu(sources, sources) == pytest.approx(100)
    # By hand: modified precisions over both sentences together, all of the same length as their
    # sources.
    p = [14 / 16, 10 / 14, 7 / 12, 4 / 10]
    assert bleu(texts, sources) == pytest.approx(100 * math.prod(p) ** 0.25, rel=1e-6)


def test_grammar_scores_by_hand():
    sources = ["the pizza was stale and the bar was noisy .", "i hated the fries ."]
    texts = ["the pizza was fresh and the room was cosy .", "i loved the fries"]
    assert grammar_scores(texts, sources, [1, 1]) == pytest.approx(
        {"grammatical": 50, "sentiment_right": 50, "slots_kept": 100 / 3}
    )
    assert grammar_scores(sources, sources, [1, 0]) == pytest.approx(
        {"grammatical": 100, "sentiment_right": 50, "slots_kept": 100}
    )
    with pytest.raises(ValueError, match="no sentence of the grammar"):
        grammar_scores(["x"], ["x"], [0])


def test_token_accuracy_counts_words_and_end_by_place():
    ids = torch.tensor([[5, 6, END, PAD], [5, END, PAD, PAD]])
    assert token_accuracy(ids, torch.tensor([[5, 7, END, PAD], [6, 5, END, PAD]])) == pytest.approx(2 / 5)


def test_changed_words():
    assert changed("the food was awful .", "the food was really great .") == [False, False, False, True, True, False]
    assert changed("a b", "a b") == [False, False] and changed("", "a") == [True]


def test_an_arc_stays_on_the_sphere_with_even_steps():
    a, b = torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0])
    way = arc(a, b, 5)
    assert (
        torch.allclose(way.norm(dim=1), torch.ones(5))
        and torch.allclose(way[0], a)
        and torch.allclose(way[-1], b, atol=1e-6)
    )
    assert (way[1:] * way[:-1]).sum(1).tolist() == pytest.approx([math.cos(math.pi / 8)] * 4, abs=1e-5)
    assert torch.allclose(arc(a, a, 3), a.expand(3, 3))
