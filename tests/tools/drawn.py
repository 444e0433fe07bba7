"""Drawn scenarios that no plan answers, for the tests of who is in the way and of who gives first."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from neutralizer.domain.scenario import Scenario
from neutralizer.errors import InputsRefused, NotSolved
from neutralizer.load.scenario import load
from neutralizer.program.conflicts.conflict import as_held
from neutralizer.program.solve import relax
from tests.tools.strategies import Shape, folder

COUNT = 30


def tightened(s: Scenario, rng: np.random.Generator) -> Scenario:
    """Limits, caps and cash drawn in until, mostly, no plan keeps them."""
    kind = rng.integers(4)
    if kind == 0:  # closed against a cap that is too small
        cap = np.where(np.isnan(s.tradables.adv), s.tradables.cap, 0.002 * s.tradables.adv)
        s = replace(s, tradables=replace(s.tradables, cap=cap))
    if kind == 1:
        less = replace(
            s.pools, cash=s.pools.cash - rng.uniform(0.1, 0.6) * s.gross_before / s.pools.fx
        )
        s = replace(s, pools=less)
    shrink = rng.uniform(0.0, 0.4)
    bounds = tuple(
        replace(x, lower=min(x.lower * shrink, 0.0), upper=max(x.upper * shrink, 0.0))
        if kind >= 2 or rng.random() < 0.3
        else x
        for x in s.limits
        if x.measure != "external"  # merged groups order together, which is not what lifting means
    )
    return replace(s, limits=bounds)


@cache
def infeasible() -> tuple[Scenario, ...]:
    """Thirty scenarios that no plan answers, as held, each with a relaxation worth the name."""
    return tuple(_drawn())


def _drawn() -> Iterator[Scenario]:
    found = seed = 0
    while found < COUNT:
        seed += 1
        rng = np.random.default_rng(seed)
        shape = Shape(
            seed, int(rng.integers(2, 6)), int(rng.integers(3, 9)), int(rng.integers(0, 3)),
            int(rng.integers(0, 4)), int(rng.integers(1, 4)), int(rng.integers(1, 4)),
            int(rng.integers(3, 13)), str(rng.choice(["factors", "both", "dense"])), "daily_fraction",
            "three_halves", bool(rng.random() < 0.5), True,
        )  # fmt: skip
        with TemporaryDirectory() as path:
            try:
                scenario = load(folder(shape).write(Path(path))).scenario
            except InputsRefused:
                continue
        held = as_held(tightened(scenario, rng))
        try:
            if relax(held).certificate.bound > 1e-3:
                found += 1
                yield held
        except NotSolved:
            continue
