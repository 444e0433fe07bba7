"""Other trips on the same river."""
