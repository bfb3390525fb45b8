"""Data sets, as torch tensors drawn from the streams of a run."""
