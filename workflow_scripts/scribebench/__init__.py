"""Measure which vision-language model, and which settings, should describe a recording."""

__version__ = "0.1.0"
