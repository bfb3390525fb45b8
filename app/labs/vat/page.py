"""VAT lab: seven regularisers learn the same points."""

from app.labs.vat.ready_made import first_seed
from app.labs.vat.repeat import repeat_panel
from app.labs.vat.stage import CHARTS, LAYOUT
from app.page.lab import Tab, explanation, lab_title, open_tab, show_charts
from app.page.upload_points import points_sidebar
from engine.methods.vat.vat import VAT

TAB = Tab("vat", "", VAT, LAYOUT, CHARTS, first_seed=first_seed(), sidebar=points_sidebar)

lab_title("vat")
run = open_tab(TAB)
show_charts(TAB, run)
repeat_panel(run.live)
explanation(TAB)
