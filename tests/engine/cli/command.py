"""A command of the engine that ends with an error."""

from engine.__main__ import main


def code_of(*arguments):
    """The exit code of a command, also where the parser of its arguments ends it."""
    try:
        return main(list(arguments))
    except SystemExit as error:
        return error.code
