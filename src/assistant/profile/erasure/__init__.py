"""Erasure from the request to its proof, and the ledger that no restore gets around."""
