"""The use cases of a conversation. ``turn_handler`` is the one to read first."""
