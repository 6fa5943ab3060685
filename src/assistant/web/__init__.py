"""The service's outside: HTTP and WebSocket in, domain calls out. Only here are statuses known."""
