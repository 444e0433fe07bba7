"""What would have been, day by day: a history decided again, each setting on a path of its own."""
