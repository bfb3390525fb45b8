"""What is kept of runs outside their processes: neither a crash nor a restart loses work."""
