"""How history gets in: parse what business systems send, keep only what may be kept, store it."""
