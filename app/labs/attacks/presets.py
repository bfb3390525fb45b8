"""Try this, in the attack bench."""

from app.page.presets import Preset

PHOTOS = (
    Preset(
        "Hog → another animal",
        "?tab=photographs&picture=pig&epsilon=2&steps=30&play=1",
        "PGD at ε = 2/255, 30 steps. After a few the hog is a hyena, at last with probability 1.00, and no pixel "
        "has moved by more than two of 255 levels.",
    ),
    Preset(
        "Hog → airliner",
        "?tab=photographs&picture=pig&target=airliner&epsilon=2&steps=100&play=1",
        "The survey's demonstration, targeted: 100 steps at ε = 2/255. Airliner passes .9 within about twenty. "
        "Then type another class into the field target.",
    ),
    Preset(
        "Panda → gibbon",
        "?tab=photographs&picture=panda&target=gibbon&epsilon=2&steps=50&play=1",
        "The most famous pair of the field. Gibbon ends above .99; the panda looks as before.",
    ),
    Preset(
        "Random noise does nothing",
        "?tab=photographs&picture=dog&epsilon=8&step_size=2&steps=10&play=1",
        "ε = 8/255, where a change begins to show. The attack wins at once; ±8/255 at random, just as large, "
        "leaves the shepherd at .97: the direction matters.",
    ),
    Preset(
        "FGSM, one step",
        "?tab=photographs&picture=dog&method=fgsm&epsilon=2&play=1",
        "One step of length ε. The shepherd falls from .97 to about .06 but still wins. Now choose PGD: many "
        "small steps in the same ball, and it is lost.",
    ),
    Preset(
        "A small L2 ball",
        "?tab=photographs&picture=pig&norm=l2&epsilon_l2=1&steps=30&play=1",
        "Now the sum of squares is bounded: ‖δ‖₂ ≤ 1. Few pixels move much, most hardly at all; the perturbation "
        "is seen where the model looks.",
    ),
    Preset(
        "Carlini–Wagner: the smallest change",
        "?tab=photographs&picture=pig&method=cw&norm=l2&epsilon_l2=20&steps=15&rate=0.01&play=1",
        "The smallest ‖δ‖₂ that changes the answer: .44, a fifth of PGD's, just behind the border, with wild "
        "boar at .45 and hog at .29. Raise κ to go further.",
    ),
    Preset(
        "Eight bits undo it",
        "?tab=photographs&picture=pig&epsilon=0.45&step_size=0.1&steps=30&play=1",
        "ε = .45/255, less than half a grey level. In floating point the hog is a hyena; saved as an eight-bit "
        "file every pixel rounds back, and so does the answer.",
    ),
)

DIGITS = (
    Preset(
        "PGD at ε = .1",
        "?tab=digits&digit=0",
        "Forty steps of .01. DNN-2, DNN-4 and the CNN take the 7 for a 3; the linear model just keeps it, the "
        "robust ones hardly notice. "
        "Then click other digits.",
    ),
    Preset(
        "FGSM at ε = .1",
        "?tab=digits&digit=0&method=fgsm",
        "One step leaves the CNN's 7 a probability of .40, where forty steps of PGD leave .001. Choose PGD and see.",
    ),
    Preset(
        "Drag ε",
        "?tab=digits&digit=3&epsilon=12.75",
        "Half the radius, and every model holds. Turn ε slowly up, the attack begins anew at every turn: the CNN "
        "falls before 20/255, "
        "the robust ones hold beyond 50.",
    ),
    Preset(
        "Carlini–Wagner: the smallest change",
        "?tab=digits&digit=0&method=cw&norm=l2&epsilon_l2=20&steps=100",
        "Three times a hundred steps look for the nearest other answer. L2 beside the names: 1.2 to 1.7 suffice "
        "without, 2.3 to 3.1 with robust training. Tick show δ.",
    ),
    Preset(
        "What the linear model looks at",
        "?tab=digits&digit=0&method=fgsm&view=weights",
        "Its ten weight images, plain and robust, and FGSM's δ: the sign of a mixture of them, ±ε, and nothing "
        "where black would have to become blacker.",
    ),
)
