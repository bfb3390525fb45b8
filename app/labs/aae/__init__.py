"""The AAE lab: page.py is what Streamlit runs, tabs.py puts its tabs together."""
