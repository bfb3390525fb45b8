"""VAT lab: seven regularisers learn the same points."""

import streamlit as st

from app import lab, vat_text
from app.keep import keep_panel
from app.repeat import repeat_panel
from app.setup_form import setup_form
from app.stage import curves, live_text
from app.upload import upload_rows
from app.vat_text import ORDER, TITLES
from engine.data.plane import VIEW
from engine.methods.vat import VAT
from engine.regularised import ADVERSARIAL, KINDS, SMOOTHED

MOVED = ADVERSARIAL + SMOOTHED

st.title("VAT · smooth where the data is dense")
live_text("vat", "vat", vat_text.HEADLINE, key="vat-headline")

token, live, setup, seed, knobs = lab.open_run(VAT)
own = setup.dataset == "own"
if own:
    upload_rows(VAT, setup, seed)
setup_form(VAT, setup, seed, first="dataset", hidden=("rows", "noise") if own else ("rows",))

keep_panel(VAT, live)

panels = [
    {"name": kind, "title": title, "member": KINDS.index(kind), "arrows": MOVED.index(kind) if kind in MOVED else None,
     "norm": "linf" if kind == "adv_linf" else "l2", "radius": f"epsilon_{kind}"}
    for kind, title in zip(ORDER, TITLES)
]  # fmt: skip
lab.show_stage(VAT, token, setup, knobs, {"panels": panels, "view": VIEW, "focus": ["mle", "vat"], "chrome": 318})

left, right = st.columns([3, 2], gap="large")
with left:
    charts = [("Test error", " %", "test_error"), ("Mean LDS, training points", " nats", "lds_train"), ("Mean LDS, test points", " nats", "lds_test")]
    curves("vat", "vat", [{"title": t, "unit": u, "group": g, "names": ORDER, "titles": TITLES, "markers": g.startswith("lds")} for t, u, g in charts])
with right:
    st.header("Try this")
    for preset in vat_text.PRESETS:
        if st.button(f"**{preset.title}**", width="stretch"):
            lab.open_link(VAT, preset.query)
        st.caption(preset.says)
left, right = st.columns(2, gap="large")
with left:
    repeat_panel(live)
with right:
    st.header("What is going on")
    live_text("vat", "vat", vat_text.EXPLANATION, key="vat-explanation")
