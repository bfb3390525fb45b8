"""Small runs of sentences, and questions to them."""

import torch

from engine.core.registry import find
from engine.data.text.corpus import END, PAD
from engine.runs.run import Run
from tests.draws import generator

TINY = {"sentences": 200, "code": 16, "embedding": 8, "hidden": 16, "batch": 8}
ARAE = TINY | {"s": 8, "width": 16}


def rows(n=16, words=9, length=6):
    """Random sentences of different lengths, each closed by END and padded."""
    ids = torch.randint(4, words, (n, length), generator=generator())
    for k, row in enumerate(ids):
        row[1 + k % (length - 1)] = END
        row[2 + k % (length - 1) :] = PAD
    return ids


def start(name="arae", seed=3, **setup):
    """A new run of `name`, small but for the fields of `setup`."""
    method = find(name)
    return Run(method, method.make_setup((ARAE if name == "arae" else TINY) | setup), seed)


def asked(run, question, **values):
    """The numbers of an answer."""
    return run.method.ask(run.knobs, question, values).numbers
