"""Training: a run, a live run that somebody watches, the host of their threads, and what is
measured or repeated beside them. Start with run.py.
"""
