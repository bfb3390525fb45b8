"""Shared by all tests."""

import torch

# The same as on the page and the command line: results are bitwise repeatable for one thread count.
torch.set_num_threads(1)
