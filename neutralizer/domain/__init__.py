"""The world and the wish as frozen, labelled arrays. No files, no solver, no cvxpy."""
