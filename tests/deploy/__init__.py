"""Containers and proxy."""
