"""How long to wait before trying again what keeps failing: twice as long each time."""


class Backoff:
    """Counts failures in a row and turns them into pauses."""

    def __init__(self, *, first: float = 1.0, longest: float = 60.0) -> None:
        """Begin with ``first`` seconds and never ask for more than ``longest``."""
        self._first = first
        self._longest = longest
        self.failures = 0
        """How many failures there were since the last success."""

    def next(self) -> float:
        """Count a failure and return the seconds to wait."""
        # The exponent is bounded: a float overflows after a thousand failures.
        pause = self._first * 2.0 ** min(self.failures, 60)
        self.failures += 1
        return min(pause, self._longest)

    def reset(self) -> None:
        """Note a success: the next failure begins with the first pause again."""
        self.failures = 0
