"""Reads a scenario folder into a `Scenario`, or says everything that is wrong with it.

Must never import cvxpy, the program, the proof or the output.
"""
