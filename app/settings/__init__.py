"""The settings of a server: what they are, where they are read from, how they are shown.

Imports neither torch nor Streamlit, so that they can be shown at once.
"""
