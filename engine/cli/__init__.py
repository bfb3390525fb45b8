"""The commands of `python -m engine`, one module a command or two.

Each module has `add_command(commands)`, which puts its commands among the subcommands of the
parser in engine/__main__.py. A command is a function from the options to an exit code.
"""
