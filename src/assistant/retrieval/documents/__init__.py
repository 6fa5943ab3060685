"""Readers of the formats in which knowledge is written: one small module a format."""
