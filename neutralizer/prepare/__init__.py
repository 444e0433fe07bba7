"""What makes inputs: scan arrays, shocks from history, and the tables that they are made from.

Must never import the program: an input does not depend on an answer.
"""
