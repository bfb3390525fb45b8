"""Networks and losses that know nothing of a method."""
