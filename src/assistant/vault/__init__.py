"""Per-customer keys and the one way to seal and open what is personal."""
