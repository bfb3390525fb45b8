"""Adversarial autoencoders. Start with aae.py; supervised.py and semi_supervised.py build on the
same parts.
"""
