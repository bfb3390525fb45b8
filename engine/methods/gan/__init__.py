"""Generative adversarial networks: plane.py in the plane, digits.py on MNIST."""
