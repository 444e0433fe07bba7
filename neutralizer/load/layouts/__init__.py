"""Tables as their senders write them: a layout says how a file is read as one of our tables, and nothing is
converted beforehand. `shipped/` holds the layouts that come with the program, one YAML a sender.

Must never import cvxpy, the settings of a scenario, or what its tables mean.
"""
