"""Work for cases of a study, done in processes that do not all live."""

import os
import time
from pathlib import Path

from neutralizer.domain.cases import Case
from neutralizer.studies.sent import Row, Sent

ALWAYS = 2  # the case whose worker always ends
ONCE = 4  # the one whose worker ends at its first try


def work(sent: Sent, case: Case) -> Row:
    """`sent.overrides` names a folder where the second try of a case finds the first."""
    seen = Path(sent.overrides[0]) / str(case.number)
    first = not seen.exists()
    seen.touch()
    time.sleep(0.05)
    if case.number == ALWAYS or (case.number == ONCE and first):
        os._exit(1)
    return {"status": "optimal", "plan_cost": str(case.number)}
