"""The table of reference results."""

from app.labs.vat.reference import MEASURED, at_reference
from engine.methods.vat.ensemble import KINDS
from engine.methods.vat.vat import VAT


def test_the_reference_table_covers_every_member():
    for dataset, table in MEASURED.items():
        assert set(table) == set(KINDS)
        assert at_reference(VAT.make_setup({"dataset": dataset})).floor == 0
