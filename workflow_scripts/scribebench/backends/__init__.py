"""How a model is reached: one module for each `backend:` of a model's file.

A module offers `connect(settings, context)`, which returns a `base.Backend`. Modules are loaded by
name, so that a job depends on the code of its own backend only.
"""
