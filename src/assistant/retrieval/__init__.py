"""Finds passages of knowledge, and items of one customer's history where a grant opens it."""
