"""The attack bench: photos.py attacks a photograph, digits.py eight classifiers of digits."""
