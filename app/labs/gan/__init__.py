"""The GAN lab: page.py is what Streamlit runs, a module a tab."""
