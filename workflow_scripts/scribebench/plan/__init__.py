"""How many hours each candidate will take: from measurement, else from elsewhere, else unknown.

The Snakefile imports this, so only the standard library is imported before a plan is made.
"""
