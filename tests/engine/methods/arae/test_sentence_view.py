"""Sentences as layers of numbers."""

import torch

from engine.methods.arae.sentence_view import shown


def test_token_layers_end_with_minus_one():
    assert shown(torch.tensor([[5, 6, 2, 0], [5, 2, 0, 0]])).tolist() == [[5, 6, -1], [5, -1, -1]]
