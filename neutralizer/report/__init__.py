"""Plan -> a folder that appears whole or not at all. The only room that writes.

Must never import cvxpy or decide anything.
"""
