"""A file's bytes become text in the encoding that they were saved in."""

import pytest

from engine.data.encoding import InvalidTable, decode, lines, quoted

TEXTS = {
    "cp1252": ("le café était très bon", "la crème brûlée était délicieuse", "nous avons mangé à côté", "déjà fermé"),
    "latin-1": ("the café was fine", "good food", "bad food", "the dog barks"),
    "iso8859-1": ("das Essen war schön", "die Straße ist groß", "früher war es besser", "señor, ¿dónde está el baño?"),
    "cp1250": ("jedzenie było świetne", "żółta łódź płynie", "obsługa była powolna", "proszę o rachunek"),
    "cp1251": ("еда была отличная", "обслуживание было медленным", "мне не понравилось", "очень вкусно"),
    "koi8-r": ("еда была отличная", "обслуживание было медленным", "мне не понравилось", "очень вкусно"),
    "cp1253": ("το φαγητό ήταν υπέροχο", "η εξυπηρέτηση ήταν αργή", "δεν μου άρεσε"),
    "cp1254": ("yemek çok güzeldi", "servis çok yavaştı", "teşekkür ederim", "ığdır"),
    "cp1255": ("האוכל היה טעים", "השירות היה איטי", "תודה רבה"),
    "cp1256": ("الطعام كان لذيذا", "الخدمة بطيئة جدا", "شكرا جزيلا"),
    "cp932": ("料理はとても美味しかったです", "サービスが遅い", "ありがとうございます"),
    "euc-jp": ("料理はとても美味しかったです", "サービスが遅い", "ありがとうございます"),
    "gbk": ("菜很好吃", "服务太慢了", "谢谢你", "价格太贵"),
    "big5": ("菜很好吃", "服務太慢了", "謝謝你", "價格太貴"),
    "cp949": ("음식이 맛있었어요", "서비스가 느려요", "감사합니다"),
    "utf-8": ("le café", "еда была", "菜很好吃", "🙂 हिन्दी"),
    "utf-8-sig": ("le café", "еда была", "菜很好吃"),
    "utf-16": ("le café", "еда была", "菜很好吃"),
    "utf-16-le": ("le café était", "the dog barks"),
    "utf-16-be": ("le café était", "the dog barks"),
    "utf-32": ("le café", "еда была"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_letters_come_out_as_they_were_written_with_and_without_english_labels(name):
    for end, line_end in (("", "\n"), (",positive", "\r\n"), ("\tneg", "\r")):
        text = line_end.join(f"{line}{end}" for line in TEXTS[name] * 6)
        assert decode(text.encode(name)).text == text


def test_windows_marks_are_read_where_latin_1_has_none():
    text = "it wasn’t “bad” – café €3\n" * 20
    assert decode(text.encode("cp1252")).text == text
    assert decode(b"caf\xe9\n" * 30).text == "café\n" * 30
    assert decode(b"caf\xe9").encoding == "Windows-1252 (Western European)"


@pytest.mark.parametrize(
    "data, says",
    [
        (b"a\0b", "binary"),
        (b"PK\x03\x04...", "CSV"),
        (b"\xff\xfe\x00", "UTF-16.*save it as UTF-8"),
        ("ähnliche Sätze über Käse\n".encode() * 5 + b"gr\xfcn\n", "Line 6 is not UTF-8"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(data, says):
    with pytest.raises(InvalidTable, match=says):
        decode(data)


def test_lines_end_with_lf_crlf_or_cr_alone():
    text = "a\x1fb\r\nc\x85d\re\u2028f\n\ng"
    assert lines(text) == ["a\x1fb", "c\x85d", "e\u2028f", "", "g"]
    assert quoted(text, 2) == "“c\x85d”" and quoted("x" * 99, 1) == f"“{'x' * 80}…”"
