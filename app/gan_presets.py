"""Try this, in the GAN lab's plane."""

from app.try_this import Preset

PRESETS = (
    Preset("Ring of 8", "?tab=plane&dataset=ring8", "The default: within 3000 steps all eight modes are covered and JS falls below .1 nats."),
)
