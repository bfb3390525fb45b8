"""Live trainings: run, live, host, and what is measured or repeated beside them."""
