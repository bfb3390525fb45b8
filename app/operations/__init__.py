"""What an operator sees of a server: its state, its metrics and its logs.

The live channel counts and logs by these; app/live/health.py serves them.
"""
