"""Signed documents that anybody can verify without us, consent receipts first of all."""
