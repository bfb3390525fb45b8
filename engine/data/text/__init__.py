"""Sentences as token ids: the corpora that ship, the grammar, and the visitor's own."""
