"""What a project folder holds: sessions, models, settings, code.

Imported by the Snakefile on every start, so only the standard library and YAML are imported here.
"""
