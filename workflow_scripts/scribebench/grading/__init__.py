"""Rules that read replies: no model, no GPU, no human."""
