"""Ask a model about the kept frames of a session, in batches, each request once."""
