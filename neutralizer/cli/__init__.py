"""Words in, exit code out: one module per group of commands.

The only room that prints while it works, and the only one that touches signals. Nothing heavy is
imported before a command runs. Nothing may import this room.
"""
