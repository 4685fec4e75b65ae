"""What is found out of a model beside its descriptions: whether it sees, and what it costs."""
