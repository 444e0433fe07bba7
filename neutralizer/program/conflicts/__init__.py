"""Where no plan keeps every limit: which limits are in the way, and how much each must give.

Must never import planning: a conflict is one of the continuous program.
"""
