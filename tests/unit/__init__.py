"""Tests of the package alone: no Snakemake, no network, no GPU."""
