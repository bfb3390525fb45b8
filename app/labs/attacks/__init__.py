"""The attack bench: page.py is what Streamlit runs, a module a tab."""
