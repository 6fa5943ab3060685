"""Tables, repositories and the two databases they live in; the only layer that knows SQL.

A unit of work is one function of a connection, handed to ``engine.Database.write`` (durable when it
returns) or ``read`` (one snapshot). Repositories are one file each, take that connection first, and
seal and open personal content with the vault, so that nothing personal reaches a page in the clear.
"""
