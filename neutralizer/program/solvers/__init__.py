"""The solvers, in a child process with a memory limit and a clock.

`child` runs in that process and imports nothing of ours but `blocks`.
"""
