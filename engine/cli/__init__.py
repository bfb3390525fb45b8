"""The command line, one module a command or two; engine/__main__.py puts them together."""
