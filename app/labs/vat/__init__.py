"""The VAT lab: page.py is what Streamlit runs, stage.py declares its panels."""
