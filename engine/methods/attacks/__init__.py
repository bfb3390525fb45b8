"""The attacks lab. Start with photos.py, one photograph; digits.py attacks eight classifiers."""
