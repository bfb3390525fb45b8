"""Reviews cut into sentences."""

from engine.data.text.reviews import pieces, reviews, words


def test_long_reviews_are_cut_where_they_pause():
    assert words("A so-so film, really: it's NOT good.") == (
        "a",
        "so",
        "so",
        "film",
        ",",
        "really",
        "it's",
        "not",
        "good",
    )
    long = "one two three four five six, seven eight nine; ten eleven twelve thirteen"
    assert pieces(long, 20) == [words(long)]
    assert pieces(long, 10) == [
        words("one two three four five six, seven eight nine"),
        words("ten eleven twelve thirteen"),
    ]
    assert pieces(long, 6) == [
        words("one two three four five six"),
        words("seven eight nine"),
        words("ten eleven twelve thirteen"),
    ]
    assert all(y in (0, 1) and 3 <= len(w) <= 9 for w, y, _ in reviews(9))
