"""The vocabulary every layer shares: ids, actors, time, errors, events. Imports nothing of ours."""
