"""What was read, before anything is solved: who holds what, what it costs and risks, and what looks wrong.

Must never import the program's arrays, a solver or cvxpy.
"""
