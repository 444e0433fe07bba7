"""Executions and acknowledgements as brokers write them, through layouts beside them in the hand-off."""

from pathlib import Path

import pytest

from neutralizer.errors import InputsRefused
from neutralizer.load.came_back import executions_in
from neutralizer.records.superseded import came_back
from tests.tools.firm import Firm, released_firm
from tests.tools.operations import ticket

OURS = """\
exec_id,ticket_id,side,last_qty,last_px,time,status,sender
E1,{hedge},SELL,4,4000.5,2024-06-28T09:30:00-04:00,TRADE,ib
E2,{hedge},SELL,6,4001,2024-06-28T09:31:00-04:00,TRADE,ib
"""
THEIRS = """\
ExecID;ClOrdID;Side;LastQty;LastPx;TransactTime;Kind
E1;{hedge};2;4,00;4.000,50;20240628-13:30:00;F
E2;{hedge};2;6,00;4.001,00;20240628-13:31:00;F
N1;{hedge};2;0,00;0,00;20240628-13:29:00;0
"""
LAYOUT = """\
format: {separator: ";", number: "1.234,56", time: "yyyymmdd-hh:mm:ss", zone: "+00:00"}
where: {Kind: [F, H]}
leave: {Kind: ["0"]}
columns:
  exec_id: ExecID
  ticket_id: ClOrdID
  side: {of: Side, by: {"1": BUY, "2": SELL, "5": SELL_SHORT}}
  last_qty: LastQty
  last_px: LastPx
  time: TransactTime
  status: {of: Kind, by: {F: TRADE, H: BUST}}
  sender: =ib
"""
PATTERNS = b"executions_ib*: layouts/ib.yaml\n"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return released_firm().copied(tmp_path / "firm")


def sent(firm: Firm, text: str, layout: str = LAYOUT) -> None:
    (firm.handoff / "executions_ib_20240628.csv").write_text(
        text.format(hedge=ticket(firm, "hedges"))
    )
    (firm.handoff / "layouts.yaml").write_bytes(PATTERNS)
    (firm.handoff / "layouts").mkdir(exist_ok=True)
    (firm.handoff / "layouts/ib.yaml").write_text(layout)


def test_a_broker_s_file_is_read_as_ours_is(firm: Firm) -> None:
    sent(firm, THEIRS)
    found = executions_in(came_back(firm.handoff))
    ours = OURS.format(hedge=ticket(firm, "hedges")).encode()
    assert found == executions_in({"executions_ib.csv": ours})
    assert len(found.trades) == 2


def test_it_is_allocated_and_counted(firm: Firm) -> None:
    sent(firm, THEIRS)
    done = firm.does("clerk", "allocate", firm.handoff)
    assert done.returncode == 0, done.stderr
    assert "4000.8" in next(firm.handoff.rglob("allocations_0001.csv")).read_text()


def test_layouts_are_kept_with_what_they_read(firm: Firm) -> None:
    """A later run that supersedes reads the same files in the same way."""
    sent(firm, THEIRS)
    assert {"layouts.yaml", "layouts/ib.yaml", "executions_ib_20240628.csv"} <= came_back(
        firm.handoff
    ).keys()
    (firm.handoff / "layouts.yaml").unlink()
    assert "layouts/ib.yaml" not in came_back(firm.handoff)


@pytest.mark.parametrize(
    ("text", "layout", "line"),
    [
        (THEIRS.replace("6,00", "6.5"), LAYOUT, "ERROR executions_ib_20240628.csv:3:LastQty value='6.5' not a number; the layout says that numbers are written as 1.234,56"),
        (THEIRS.replace("13:31:00;F", "13:31:00;G"), LAYOUT, "ERROR executions_ib_20240628.csv:3:Kind value='G' not known whether its row counts"),
        (THEIRS, LAYOUT.replace("LastPx", "Px"), "ERROR executions_ib_20240628.csv:1:Px the layout names a column that is not there; correct layouts/ib.yaml"),
        (THEIRS, "columns: [", "ERROR layouts/ib.yaml:2 not YAML"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_the_broker_s_line(
    firm: Firm, text: str, layout: str, line: str
) -> None:
    sent(firm, text, layout)
    with pytest.raises(InputsRefused) as refused:
        executions_in(came_back(firm.handoff))
    assert str(refused.value.issues[0]).startswith(line)


@pytest.mark.parametrize(
    "patterns", [b"executions_ib*: [a]\n", b"executions_ib*: none\n", b"- x\n"]
)
def test_patterns_that_name_no_layout_are_refused(firm: Firm, patterns: bytes) -> None:
    sent(firm, THEIRS)
    (firm.handoff / "layouts.yaml").write_bytes(patterns)
    with pytest.raises(InputsRefused):
        executions_in(came_back(firm.handoff))
