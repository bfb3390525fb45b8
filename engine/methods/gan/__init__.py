"""Generative adversarial networks. Start with plane.py; digits.py has those on MNIST."""
