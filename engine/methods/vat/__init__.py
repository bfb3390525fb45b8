"""Virtual adversarial training beside six other regularisers. Start with vat.py."""
