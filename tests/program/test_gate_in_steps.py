"""What is taken where no answer comes within 1e-5, and what a refusal says of inputs out of scale."""

from dataclasses import replace

import numpy as np
import pytest

from neutralizer.errors import NotSolved
from neutralizer.program import solve as policy
from neutralizer.program.certificate import BELOW, NEAR, Certificate
from neutralizer.program.out_of_scale import out_of_scale
from neutralizer.program.solve import solve
from neutralizer.report.claims import Claims
from neutralizer.report.findings import _near
from tests.tools.small import two_desks


def test_a_near_answer_is_taken_after_four_attempts_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nothing is ever near enough, the nearest of four is, with its gap in money."""
    tried: list[policy.Way] = []
    real = policy._attempt

    def counted(
        scenario: object, give: object, way: policy.Way, *more: object, **named: object
    ) -> object:
        tried.append(way)
        return real(scenario, give, way, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(policy, "GAP", -1.0)
    monkeypatch.setattr(policy, "_attempt", counted)
    s = two_desks()
    found = solve(s)
    assert found.solver["near"]
    assert tried == list(policy.ATTEMPTS[: policy.ENOUGH])
    (said,) = _near(s, Claims(260.0, 0.0, solver=dict(found.solver, gap=1234.5)))
    assert "may be up to 1,234.50 USD above the optimum" in said
    assert _near(s, Claims(260.0, 0.0, solver=dict(found.solver, near=False))) == []


def test_near_is_a_ten_thousandth_and_never_of_what_is_broken() -> None:
    near = Certificate(100.0, 100.0 - 90 * NEAR, 100.0, 1e-3, 0.0, "", 100 * NEAR)
    assert near.near
    assert not near.accepted
    assert not replace(near, bound=100.0 - 110 * NEAR).near
    assert not replace(near, worst=1e-5).near


def test_what_costs_far_less_than_its_bound_is_not_of_that_program() -> None:
    """A little below is what is feasible to FEASIBLE; more is another program's cost."""
    allowed = Certificate(100.0, 100.0 + 0.9 * BELOW * 1e-3, 100.0, 1e-3, 0.0, "")
    assert allowed.accepted
    far = replace(allowed, bound=100.0 + 1.1 * BELOW * 1e-3)
    assert not far.accepted
    assert not far.near
    assert replace(far, tolerated=2e-3).near
    assert not replace(far, allowed=-1.0, bound=100.0 + 1e-9).accepted


def test_a_program_without_any_answer_names_what_is_out_of_scale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pool's euros at 110 dollars each: the wrong way round, or in cents."""
    s = two_desks()
    pools = replace(s.pools, currency=("JPY",), fx=np.array([150.0]))
    assert out_of_scale(s) == ""
    assert "is fx of JPY, 150 USD each, the wrong way round?" in out_of_scale(
        replace(s, pools=pools)
    )
    adv = np.full(len(s.tradables.ids), 1e15)
    traded = replace(s, tradables=replace(s.tradables, adv=adv))
    assert "adv of FUT" in out_of_scale(traded)
    assert "counts units: is it money?" in out_of_scale(traded)
    before = s.holdings.before.copy()
    before[0] *= 1e9
    held = replace(s, holdings=replace(s.holdings, before=before))
    assert "times a typical holding: are its price (pence?)" in out_of_scale(held)
    monkeypatch.setattr(Certificate, "accepted", property(lambda self: False))
    monkeypatch.setattr(Certificate, "near", property(lambda self: False))
    monkeypatch.setattr(policy, "refuse_infeasible", lambda scenario: None)
    with pytest.raises(NotSolved, match=rf"in {len(policy.ATTEMPTS)} attempts.*adv of FUT"):
        solve(traded)
