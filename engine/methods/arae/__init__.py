"""Adversarially regularised autoencoders on sentences and digits. Start with arae.py."""
