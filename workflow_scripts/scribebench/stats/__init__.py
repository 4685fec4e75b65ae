"""Statistics for few observations: exact bounds, never a normal approximation."""
