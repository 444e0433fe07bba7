"""Ticket formats, one file each: what operations book. Described by `contracts.Ticket`.

Must never import the program, the limits or the output.
"""

from types import ModuleType

from neutralizer.tickets import cash_transfers, hedge_allocations, hedges, internal_transfers
from neutralizer.tickets._common import cash_id, hedge_id, terms, transfer_id

__all__ = ["REGISTRY", "cash_id", "hedge_id", "terms", "transfer_id"]

REGISTRY: tuple[ModuleType, ...] = (internal_transfers, hedges, hedge_allocations, cash_transfers)
