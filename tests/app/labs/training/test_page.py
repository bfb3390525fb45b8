"""The adversarial training page without a browser."""

import pytest

from app import links
from app.labs.training.plane_stage import LAYOUT, ORDER
from app.page.words import presets
from engine.methods.training.digits import TrainingDigits
from engine.methods.training.ensemble import KINDS
from engine.methods.training.plane import Training

LAB = "training"
SLOTS = {"plane": "training", "digits": "training-digits"}


def test_it_opens_with_a_run_of_its_own(page, live_of):
    test = page()
    assert not test.exception and not test.warning
    live = live_of(test)
    assert live.setup == Training.make_setup({}) and live.setup.dataset == "thin" and live.knobs["epsilon"] == 0.5


def test_a_data_set_brings_what_suits_it_and_a_bad_link_is_explained(page, live_of):
    test = page(dataset="spirals", alpha="1.5", steps="0")
    live = live_of(test)
    assert live.setup.train == 120 and live.knobs["epsilon"] == 0.12
    assert any(
        "alpha = '1.5' is not allowed" in w.value.replace("\\", "") and "1 to 40" in w.value for w in test.warning
    )


@pytest.mark.parametrize("preset", presets("training", "plane"), ids=lambda p: p.name)
def test_every_experiment_opens_what_its_link_says(page, live_of, preset):
    setup, _, knobs, problems = links.read(Training, preset.query)
    assert not problems
    test = page()
    next(b for b in test.button if preset.title in b.label).click().run()
    assert not test.exception and not test.warning
    live = live_of(test)
    assert live.setup == setup and live.knobs == knobs.to_dict()


def test_the_stage_has_a_panel_for_every_member_and_its_layers_exist():
    assert set(ORDER) == set(KINDS)
    panels = {p["name"]: p for p in LAYOUT["panels"]}
    assert set(panels) == {*KINDS, "surface"}
    known = {*Training.frame_layers, *Training.scene_layers}
    for kind in KINDS:
        assert {layer["layer"] for layer in panels[kind]["layers"] if "layer" in layer} <= known
        assert all(
            layer["index"] == KINDS.index(kind)
            for layer in panels[kind]["layers"]
            if layer["draw"] in ("field", "balls", "breaks", "escapes")
        )


def test_the_report_is_measured_shown_and_can_be_cancelled(page, live_of):
    test = page(test="20", hidden="16")
    live_of(test).step(30)
    next(b for b in test.button if b.label == "Measure now").click().run()
    assert not test.exception
    assert test.session_state["robustness.training"].wait(60)
    test.run()
    assert not test.exception and any("Error in per cent on 20 points" in m.value for m in test.markdown)
    table = test.dataframe[0].value
    assert list(table.index)[0] == "FGSM" and len(table.columns) == 7
    assert test.warning or test.success
    next(s for s in test.selectbox if s.label == "Network").set_value("standard").run()
    assert not test.exception
    next(b for b in test.button if b.label == "Measure now").click().run()
    cancel = [b for b in test.button if b.label == "Cancel"]
    if cancel:  # a fast machine may be done already
        cancel[0].click().run()
        assert any("Cancelled" in i.value for i in test.info)
    assert not test.exception


def test_the_digits_tab_opens_its_own_run_and_its_experiments(page, live_of):
    test = page(tab="digits", architecture="linear")
    assert not test.exception and not test.warning
    live = live_of(test, "digits")
    assert live.setup.architecture == "linear" and live.knobs["alpha"] == 0.5
    for preset in presets("training", "digits"):
        _, _, knobs, problems = links.read(TrainingDigits, preset.query)
        assert not problems and preset.query["tab"] == "digits"
    next(b for b in test.button if presets("training", "digits")[2].title in b.label).click().run()
    assert not test.exception and live_of(test, "digits").knobs["attack"] == "pgd"
