"""What lasts and is locked: the folder that appears whole or not at all, single files, the journal.

Must never import the report: how something is kept does not depend on what it tells.
"""
