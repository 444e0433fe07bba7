"""From the continuous answer to whole lots: `whole` is the policy, the others are its steps.

Must never import the proof, which judges what comes out without knowing how it was found.
"""
