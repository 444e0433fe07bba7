"""What is told of a run: its files as bytes, the summary, findings, the terminal and the page.

Must never import the gate or the hand-off, touch the disk, or decide anything.
"""
