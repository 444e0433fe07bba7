"""Prices of carriers of one exposure that drift apart and come back."""
