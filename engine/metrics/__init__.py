"""Numbers that measure what a run has learned, and the classifiers that evaluate samples."""
