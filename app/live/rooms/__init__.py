"""Rooms: many people watch one run, and answer whoever presents it."""
