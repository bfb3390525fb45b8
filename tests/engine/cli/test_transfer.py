"""`python -m engine transfer`: a sentence moved on the command line."""

import json

import pytest

from engine.__main__ import main
from engine.data.text import grammar
from tests.engine.cli.command import code_of


def test_the_command_line_moves_a_sentence(capsys):
    assert main(["transfer", "--text", "the food was awful .", "--to", "positive"]) == 0
    assert grammar.parse(capsys.readouterr().out.strip()) == grammar.Review(1, (("food", "food"),))
    assert main(["transfer", "--text", "the Food was terrific", "--to", "negative", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unknown"] == ["terrific"]


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["--text", ""], "type a sentence"),
        (["--text", "i hate this movie but it is long"], "at most a third may be (hate, this, movie"),
        (["--text", "i hate this movie but it is long", "--json"], "it knows 73 words of restaurant reviews"),
        (["--text", "i loved the bar", "--to", "blue"], "negative, positive"),
        (["--text", "x", "--from", "petals"], "moves no sentences"),
        (["--text", "x", "--from", "missing"], "Cannot read"),
        ([], "--text"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_in_one_line(capsys, arguments, reason):
    code = code_of("transfer", *arguments)
    out = capsys.readouterr()
    assert code == 2 and reason in out.err and len(out.err.strip().splitlines()) == 1
