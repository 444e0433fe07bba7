"""What is expected to be done on the days of a horizon once today's plan is."""

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades
from neutralizer.errors import NotSolved
from neutralizer.planning.cash import funded
from neutralizer.program.ahead import followed
from neutralizer.terms.days import Done, State, begun, stages_of


def expected(scenario: Scenario, trades: Trades, otherwise: Done) -> Done:
    """The best that can be done after these trades of today, with its cash as it would be sent; `otherwise` what
    was found with them, where that has no certified answer.
    """
    try:
        held, later = followed(scenario, trades)
    except NotSolved:
        held, later = scenario, otherwise
    days = [State(None, scenario, trades)]
    for stage, done in zip(stages_of(held), later, strict=True):
        begins = begun(stage, days[stage.before + 1])
        paid = funded(begins, done, stage.at.scenario.pools.shortfall)
        days.append(State(stage, begins, paid or done))
    return tuple(day.trades for day in days[1:])
