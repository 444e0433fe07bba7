"""The inputs as they were written: bytes, text, tables and settings, each with its file and line.

Must never import resolved or rules: what is written does not know what it means.
"""
