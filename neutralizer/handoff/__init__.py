"""From a proven run to what operations book: approve, release, what became of it, what it was worth.

Must never decide, solve or change a ticket: tickets leave as they were proven.
"""
