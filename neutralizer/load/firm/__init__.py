"""The firm's own files, outside every scenario: caps, roles and the model card.

Must never import resolved or rules: what the firm allows does not depend on a scenario.
"""
