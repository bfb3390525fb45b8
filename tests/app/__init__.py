"""Tests of app/: a folder for each of its own."""
