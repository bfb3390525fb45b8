"""Everything that computes: methods, runs, snapshots, hosts. Knows nothing of pages."""
