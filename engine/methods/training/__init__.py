"""Adversarial training: plane.py in the plane, digits.py on MNIST."""
