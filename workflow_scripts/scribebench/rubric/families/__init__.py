"""The families of the rubric: each tells the truth of its variant 0, and of others by chance."""
