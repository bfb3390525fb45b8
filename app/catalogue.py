"""The labs that exist: one line each, shown by the navigation and on the home page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lab:
    """page: file in app/labs and path of its address. says: what one sees there, in a sentence."""

    page: str
    title: str
    says: str
    icon: str


LABS = (
    Lab("vat", "VAT", "Seven regularisers learn the same 16 points side by side. Drag ε, λ and ξ while they train, and see which one stays "
        "smooth where the data is dense.", ":material/blur_on:"),
)  # fmt: skip
