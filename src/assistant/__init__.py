"""A customer assistant that asks before it remembers.

Start reading at ``dialogue/turn_handler.py`` (the one use case everything serves) and at
``docs/architecture.md`` (the layers and the rule that holds them).
"""
