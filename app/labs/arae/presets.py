"""Try this, on the tabs of the ARAE lab."""

from app.page.presets import Preset

PRESETS = {
    "transfer": (
        Preset(
            "Watch it learn to turn sentences",
            "?tab=transfer&from=scratch",
            "New weights on the grammar. First every line is gibberish, then sentences come back, then u loses "
            "its hold on the codes and the words "
            "begin to turn.",
        ),
        Preset(
            "λ₂ = 0: nobody hides the style",
            "?tab=transfer&from=scratch&lam2=0",
            "L_class falls well below log 2: u reads the sentiment from the code. On the grammar sentences turn "
            "all the same, for the decoder finds "
            "its style easier to read than the code; nothing makes sure of it. On real reviews compare the row "
            "of the autoencoder below.",
        ),
        Preset(
            "Real reviews",
            "?tab=transfer&from=reviews-transfer&say=a+boring+movie+with+bad+acting",
            "Movies and products. Eight thousand sentences are few: the words themselves come back badly, so "
            "what is turned keeps little of its content. "
            "The table below says how little, for each system.",
        ),
        Preset(
            "Reviews without the game",
            "?tab=transfer&from=reviews-ae-styles&say=a+boring+movie+with+bad+acting",
            "The same autoencoder, told the style, with no critic and no classifier of codes: it turns fewer, "
            "for the code still says what the style should.",
        ),
        Preset(
            "Movies, products, news",
            "?tab=transfer&from=domains-transfer",
            "Three domains instead of two sentiments. No label can be flipped: the encoder makes u's answer "
            "uniform. Choose where the sentence should go.",
        ),
    ),
    "sample": (
        Preset(
            "λ₁ = 0: prior and codes part",
            "?tab=sample&from=scratch&lam1=0",
            "The encoder takes no part in the game: g must follow the codes wherever they go. In the first "
            "hundreds of steps Ŵ is higher than "
            "with λ₁; once codes have settled g catches up, for the grammar is small.",
        ),
        Preset(
            "λ₁ too large: collapse",
            "?tab=sample&from=scratch&lam1=20",
            "Codes please the critic and nothing else: they run together, and their variance falls to nothing. "
            "After some hundred steps every sentence "
            "comes back as the same one, and so do all samples: all grammatical, none of them news.",
        ),
        Preset(
            "Noise 0: holes between codes",
            "?tab=sample&from=scratch&noise=0",
            "Words still come back. Now look at what lies near a code and between two: without noise in training "
            "nobody has told the decoder what to "
            "say there.",
        ),
        Preset(
            "Real reviews",
            "?tab=sample&from=reviews-arae",
            "Samples and ways between movie and product reviews. Few are perfect; compare them with "
            "the autoencoder's in the table below.",
        ),
    ),
    "three": (
        Preset(
            "Fixed prior against learned prior",
            "?tab=three&from=scratch",
            "From the same first weights. Watch the rings: noise that stands still in the second panel, g(s) on "
            "its way to the codes in the third.",
        ),
        Preset(
            "A strong game: λ₁ × 10",
            "?tab=three&from=scratch&lam1=0.5",
            "Codes are pulled ten times as hard. Which of the two pays more words for it: the AAE, whose prior "
            "stands still, or the "
            "ARAE, whose prior moves?",
        ),
    ),
    "digits": (
        Preset(
            "Binarised digits from scratch",
            "?tab=digits&from=scratch",
            "Blots, then strokes, then digits: watch the share of the rarest one.",
        ),
        Preset(
            "λ₁ = 0: g alone",
            "?tab=digits&from=scratch&lam1=0",
            "An autoencoder whose codes nobody shapes; g has to find them by itself.",
        ),
    ),
}
