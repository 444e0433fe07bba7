"""The terms of the program, one file each: costs, limits and margin models, and what they share.

A term has two faces: an expression in cvxpy and an amount in numpy. Must never import the program,
the planning or the proof.
"""
