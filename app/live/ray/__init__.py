"""Ray: live runs in actors, on this machine or on several, in place of forked workers."""
