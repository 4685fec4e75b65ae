"""The experiment that tells how many pictures a model keeps apart in one request: drawn frames.

Each frame has a name that stands on no other one, so that a description tells which picture it is
of; neighbours differ in colour, for models that cannot read.
"""
