"""What the service may do with personal data, and what customers may do about it.

Nearly everything is in a room: ``pack`` at the bottom, ``consent`` on it, then ``receipts``, then
``erasure``, ``questions`` and ``transparency``, blind to one another.
"""
