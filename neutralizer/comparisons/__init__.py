"""What a plan is compared with: each book alone, hedged by hand, other market impacts, under a shock.

Must never import planning's whole lots, the report or the folder: a comparison is continuous.
"""
