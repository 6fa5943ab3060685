"""Implementations of the ports, each bound to one outside thing; picked by bootstrap alone."""
