"""What operations write back."""

from tests.tools.desks import rows
from tests.tools.firm import Firm

WHEN = "2024-06-27T18:00:00-04:00"


def acks(firm: Firm, *lines: str) -> None:
    text = "ticket_id,status,time\n" + "".join(f"{line},{WHEN}\n" for line in lines)
    (firm.handoff / "acks.csv").write_text(text)


def fills(firm: Firm, *lines: str) -> None:
    head = "fill_id,ticket_id,book_id,instrument_id,quantity,time\n"
    body = "".join(f"F{k},{line},{WHEN}\n" for k, line in enumerate(lines))
    (firm.handoff / "fills.csv").write_text(head + body)


def ticket(firm: Firm, kind: str) -> str:
    return rows(firm.root / "runs" / "run" / f"{kind}.csv")[0]["ticket_id"]
