"""What is found out of a model before it describes: whether it sees, and what it costs."""
