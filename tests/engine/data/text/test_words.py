"""Words of any language stay whole, and the texts that ship are cut as they always were."""

import re

import pytest

from engine.data.text import grammar, own_sentences, reviews
from engine.data.text.corpus import of_own
from engine.data.text.words import clean, script_note

EARLIER = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.,!?;:]")  # of the version whose weights ship


def test_the_texts_that_ship_are_cut_as_before():
    texts = [text for _, _, text in reviews.rows()] + sorted(" ".join(p) for p, *_ in reviews.domains(15))
    texts += grammar.generate(grammar.torch.Generator().manual_seed(0), 2000)
    assert len(texts) > 20_000
    for text in texts:
        assert clean(text) == EARLIER.findall(text.replace("’", "'").lower())


@pytest.mark.parametrize(
    "text, words",
    [
        ("हिन्दी में लिखा है।", ["हिन्दी", "में", "लिखा", "है", "।"]),
        ("un cafe\u0301 tre\u0300s bon", ["un", "café", "très", "bon"]),
        ("q\u0307\u0323 x", ["q\u0323\u0307", "x"]),  # marks that NFC orders and cannot join
        ("שָׁלוֹם עוֹלָם", ["שָׁלוֹם", "עוֹלָם"]),
        ("اَلطَّعَامُ لَذِيذٌ؟", ["اَلطَّعَامُ", "لَذِيذٌ", "؟"]),
        ("می‌خواهم", ["می\u200cخواهم"]),
        ("ภาษาไทย ดีมาก", ["ภาษาไทย", "ดีมาก"]),
        ("தமிழ் நன்று", ["தமிழ்", "நன்று"]),
        ("Việt Nam", ["việt", "nam"]),
        ("我 喜欢 。", ["我", "喜欢", "。"]),
        ("it wasn’t bad_really, 3.5 stars!", ["it", "wasn't", "bad", "really", ",", "3", ".", "5", "stars", "!"]),
        ("İstanbul", ["i̇stanbul"]),
    ],
)
def test_letters_keep_their_marks(text, words):
    import unicodedata

    assert clean(text) == [unicodedata.normalize("NFC", w) for w in words]


@pytest.mark.parametrize(
    "text, words",
    [
        ("co\u00adop\u00aderate", ["cooperate"]),
        ("fi\u200blm fi\u200clm fi\u200dlm fi\u2060lm fi\ufefflm", ["film"] * 5),
        ("\ufefffilm film\u200b \u200efilm\u200f fi\ufe0elm film\ufe0f fi\U000e0101lm", ["film"] * 6),
        ("cafe\u200b\u0301 cafe\u034f\u0301 caf\u00e9", ["caf\u00e9"] * 3),
        ("90\u200b5", ["905"]),
        ("می\u200cخواهم می\u200c", ["می\u200cخواهم", "می"]),  # joiners shape the letters of Persian and Hindi
        ("क्\u200dष", ["क्\u200dष"]),
        ("ไทย\u200bดี 日本\u200b語", ["ไทย", "ดี", "日本", "語"]),  # and a zero-width space parts these words
        ("it´s it`s it‘s itʼs", ["it's", "it's", "it's", "itʼs"]),
        ("col·legi צה״ל", ["col·legi", "צה״ל"]),
        ("\U0001f468\u200d\U0001f469 family", ["family"]),
    ],
)
def test_characters_that_cannot_be_seen_neither_cut_a_word_nor_make_it_another(text, words):
    assert clean(text) == words


def test_runs_of_earlier_editions_keep_the_words_that_they_learned():
    assert clean("co\u00adop fi\u200dlm", 2) == ["co", "op", "fi\u200dlm"]
    for edition, header in ((1, "text,label"), (2, "sentence,label"), (3, "sentence,class")):
        data = "\n".join([header, *(f"a co\u00adop {k},{'ab'[k % 2]}" for k in range(24)), ""]).encode()
        text = own_sentences.from_bytes(data)
        assert text.edition == edition and text.to_bytes() == data
        known = set(of_own(text, 100, 6).words)
        assert ("coop" in known, "co" in known) == (edition == 3, edition < 3)


def test_scripts_without_blanks_are_named():
    assert "Thai" in script_note(["ภาษาไทยดีมาก"] * 20)
    assert "Japanese" in script_note(["料理はとても美味しかったです"] * 20)
    assert "Chinese" in script_note(["菜很好吃", "服务太慢了"])
    assert script_note(["हिन्दी में लिखा है", "the food was good"]) == script_note([]) == ""
