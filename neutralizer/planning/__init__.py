"""Solution -> Plan: whole lots, shared fills, two-party transfers, tickets-to-be.

Must never import the proof or the output.
"""
