"""The command line: one small file a command, each loading what it needs when it runs.

``assistant --help`` answers in a blink, because nothing heavy is imported to explain a command.
"""
