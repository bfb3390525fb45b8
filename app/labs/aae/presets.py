"""Try this, on the four tabs of the AAE lab."""

from app.page.presets import Preset

PRESETS = {
    "aae": (
        Preset(
            "λ = 0: a plain autoencoder",
            "?tab=aae&from=scratch&lam=0",
            "The encoder ignores D. Digits spread as they like, far beyond the prior, with holes between them: "
            "point into a hole and the decoder has nothing to say.",
        ),
        Preset(
            "λ too large: reconstruction dies",
            "?tab=aae&from=scratch&lam=30",
            "The game outweighs everything. Codes chase D, and L_rec stays high: digits decode to blots.",
        ),
        Preset(
            "No penalty, a strong game: it swings about",
            "?tab=aae&from=scratch&waves=0&penalty=0&noise=0&rate_d=0.002&lam=10",
            "D grows steep and throws the codes from one side to the other in a heap; it never finds ten petals "
            "(in five seeds W₂ stayed between .7 and 2.4). Restart with γ = .2 and "
            "nothing else changed: ten petals, W₂ below .4. Turned up later, γ mends it only slowly.",
        ),
        Preset(
            "Swap the prior mid-run",
            "?tab=aae&prior=swiss&half_life=0&rate_d=0.001&rate_encoder=0.0005&rate_reconstruction=0.0003&penalty=0.2&play=0",
            "The networks know one prior and meet another: press play and watch the codes move over. Pick others "
            "while it runs; nothing starts anew.",
        ),
        Preset(
            "Ten thousand labels",
            "?tab=aae&from=scratch&labels=10000",
            "D is told the digit of every other image in a batch: each digit goes to its own petal, in order. "
            "Drag labels to 0 and they stay, held by nothing.",
        ),
        Preset(
            "Unlabelled class only",
            "?tab=aae&from=scratch&labels=0",
            'D is told "unlabelled" of every image. The codes fill the same petals, but which digit goes where '
            "is up to chance, and petals are shared.",
        ),
    ),
    "vae": (
        Preset(
            "The survey's picture: both after N(0, I)",
            "?tab=vae&from=beside-gaussian",
            "Five thousand steps each. With a Gaussian prior the VAE's KL is exact, it is on its own ground, and "
            "still its codes leave gaps that the AAE's fill. Choose the petals "
            "in the sidebar for the other half of the comparison.",
        ),
        Preset(
            "Petals from scratch: gaps and sharp transitions",
            "?tab=vae&from=scratch&prior=petals",
            "After a thousand steps compare both numbers of fit with the prior itself, then move from petal to "
            "petal and see where each decoder blurs.",
        ),
        Preset(
            "β = 0: nothing asks the VAE for the prior",
            "?tab=vae&from=scratch&beta=0",
            "Without its KL the VAE is nearly a plain autoencoder: better reconstructions, and codes wherever "
            "they like.",
        ),
    ),
    "style": (
        Preset(
            "Styles from scratch",
            "?tab=style&from=scratch",
            'Rows are gibberish, then all alike, then each gets its own hand. Watch "as asked" rise.',
        ),
        Preset(
            "λ = 0: style without a prior",
            "?tab=style&from=scratch&lam=0",
            "Nothing shapes z. Reconstructions are good, and the grid, which draws z from N(0, I), is not: the "
            "decoder has never seen such codes.",
        ),
    ),
    "few": (
        Preset(
            "100 labels from scratch",
            "?tab=few&from=scratch&labels=100",
            "Ten labelled images a digit. The error falls fast at first and goes on falling while there is "
            "something left to learn from the unlabelled images.",
        ),
        Preset("All labels", "?tab=few&from=scratch&labels=60000", "Every label known: how far the same network goes."),
        Preset(
            "No games: λ = 0",
            "?tab=few&from=scratch&labels=100&lam=0",
            "Reconstruction and a hundred labels alone. Certainty and the error show what the two games were worth.",
        ),
    ),
}
