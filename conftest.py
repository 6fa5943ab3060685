"""Make ``tests`` importable from everywhere and load the plugins of proofs and scoping."""

pytest_plugins = ["tests.proving", "tests.scoping"]
