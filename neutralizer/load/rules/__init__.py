"""What an input must satisfy, one function each; `all_rules` is their list.

A rule adds issues and returns nothing. Must never import the program or any later room.
"""
