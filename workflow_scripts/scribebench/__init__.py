"""Measure which vision-language model, and which settings, should describe a recording."""
