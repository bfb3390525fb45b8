"""Classifiers of photographs, by their names in torchvision and timm, and the 1000 classes."""
