"""Words of any language stay whole, and the texts that ship are cut as they always were."""

import re

import pytest

from engine.data.text import grammar, reviews
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


def test_scripts_without_blanks_are_named():
    assert "Thai" in script_note(["ภาษาไทยดีมาก"] * 20)
    assert "Japanese" in script_note(["料理はとても美味しかったです"] * 20)
    assert "Chinese" in script_note(["菜很好吃", "服务太慢了"])
    assert script_note(["हिन्दी में लिखा है", "the food was good"]) == script_note([]) == ""
