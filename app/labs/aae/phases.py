"""The phases of a step of each AAE, and the diagrams whose parts they light up.

The texts of the phases are in *_phases.md.
"""

from __future__ import annotations

from app.page.stage_parts import flow
from app.page.words import phases, worded

_PHASES = [
    {"name": "reconstruction", "parts": ["x", "enc", "z", "dec", "xh"], "panel": "look",
     "layers": {"codes": "batch", "codes_after": "batch_after"}},
    {"name": "d", "parts": ["z", "p", "d"], "panel": "codes", "layers": {"codes": "batch"}},
    {"name": "encoder", "parts": ["x", "enc", "z", "d"], "panel": "codes",
     "layers": {"codes": "batch", "arrows": "batch_pull", "codes_after": "batch_after"}},
]  # fmt: skip
PHASES = worded(_PHASES, phases("aae", "aae"))
_ELBO = [
    {"name": "elbo", "parts": ["x", "enc", "z", "dec", "xh"], "panel": "vae_codes",
     "layers": {"codes": "vae_batch", "codes_after": "vae_batch_after"}},
]  # fmt: skip
ELBO = worded(_ELBO, phases("aae", "vae"))
BOTH_PHASES = [*PHASES, *ELBO]

FLOW = flow(
    {
        "x": ("x", 0, 0),
        "enc": ("Enc", 1, 0),
        "z": ("z", 2, 0),
        "dec": ("Dec", 3, 0),
        "xh": ("x̂", 4, 0),
        "p": ("p(z)", 2, 1),
        "d": ("D", 3, 1),
    },
    "x enc z dec xh",
    "z d",
    "p d",
)

_STYLE_PHASES = [
    {"name": "reconstruction", "parts": ["x", "enc", "z", "y", "dec", "xh"], "panel": "style", "layers": {}},
    {"name": "d", "parts": ["z", "p", "d"], "panel": "codes", "layers": {"codes": "batch"}},
    {"name": "encoder", "parts": ["x", "enc", "z", "d"], "panel": "codes",
     "layers": {"codes": "batch", "codes_after": "batch_after"}},
]  # fmt: skip
STYLE_PHASES = worded(_STYLE_PHASES, phases("aae", "style"))
STYLE_FLOW = flow(
    {
        "x": ("x", 0, 0),
        "enc": ("Enc", 1, 0),
        "z": ("z", 2, 0),
        "dec": ("Dec", 3, 0),
        "xh": ("x̂", 4, 0),
        "y": ("y", 2, 1),
        "p": ("N(0, I)", 2, 2),
        "d": ("D", 3, 2),
    },
    "x enc z dec",
    "y dec xh",
    "z d",
    "p d",
)

_SEMI_PHASES = [
    {"name": "reconstruction", "parts": ["x", "enc", "y", "z", "dec", "xh"], "panel": "look"},
    {"name": "regularisation", "parts": ["enc", "y", "z", "cat", "p", "dy", "dz"], "panel": "codes",
     "layers": {"codes": "batch"}},
    {"name": "classification", "parts": ["x", "enc", "y"], "panel": "confusion"},
]  # fmt: skip
SEMI_PHASES = worded(_SEMI_PHASES, phases("aae", "few"))
SEMI_FLOW = flow(
    {
        "x": ("x", 0, 1),
        "enc": ("Enc", 1, 1),
        "y": ("q(y|x)", 2, 0),
        "z": ("z", 2, 2),
        "dec": ("Dec", 3, 1),
        "xh": ("x̂", 4, 1),
        "cat": ("Cat", 3, 0),
        "dy": ("D_y", 4, 0),
        "p": ("N(0, I)", 3, 2),
        "dz": ("D_z", 4, 2),
    },
    "x enc y",
    "enc z",
    "y dec",
    "z dec xh",
    "cat dy",
    "p dz",
)
