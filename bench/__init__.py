"""Speed and quality, measured on the user's machine; every figure a ratio within one run."""
