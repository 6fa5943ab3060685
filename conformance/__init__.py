"""Black-box checks of what the service promises its customers, over HTTP and WebSocket only.

Nothing here imports the service: the suite runs against any server that speaks ``docs/api.md`` and
is told where that is by its environment. ``docs/conformance.md`` says how.
"""
