"""Tests of app/page/."""
