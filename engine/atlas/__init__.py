"""Atlas: a grid of one or two knobs or set-up fields, whose cells are trained runs.

question.py says what is asked, cells.py what a cell is and what comes back, training.py trains them
in batches or one by one, cache.py keeps what was trained, atlas.py puts it together.
"""
