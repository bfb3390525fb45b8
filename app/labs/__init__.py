"""The lab pages, a folder each; catalogue.py lists them."""
