"""Loops in the background of the service: they index histories and keep the knowledge index."""
