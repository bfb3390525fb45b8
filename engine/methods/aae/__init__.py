"""Adversarial autoencoders. Start with aae.py.

supervised.py and semi_supervised.py use the same networks and losses with a style and a digit.
"""
