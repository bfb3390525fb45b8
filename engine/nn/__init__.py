"""Networks, optimisers and losses that know nothing of a method."""
