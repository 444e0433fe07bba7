"""What fills cost against what the plans said, and what that says of the cost parameters."""
