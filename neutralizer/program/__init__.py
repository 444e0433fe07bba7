"""The program: built from terms, canonicalised once, solved in a child process, certified.

Must never import planning, the proof or the output.
"""
