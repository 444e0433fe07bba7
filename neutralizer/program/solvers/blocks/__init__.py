"""An interior point method for programs of many small blocks under few common rows: holdings by instrument, tied by
books, factors and pools.

`method` iterates, `cones` has the algebra of second-order cones, `parts` finds the blocks, `border` and `batches` say
where in them each number goes, `system` solves the linear equations of a step. Runs in the solver's process, and
imports nothing else of ours.
"""

from .method import solved as solved
