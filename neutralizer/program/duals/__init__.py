"""What the duals of an answer say: shadow prices, and which limits each line serves.

Must never import planning.lots: a price is one of the continuous program.
"""
