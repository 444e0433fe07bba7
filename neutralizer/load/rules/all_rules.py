"""Every input rule, in the order in which people read their complaints. A rule is one function, and
stands beside the tables it must be able to trust: it is left out where one of them is broken.
"""

from collections.abc import Callable

from neutralizer.errors import Issues
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.rules import (
    barriers,
    dates,
    dislocations,
    freshness,
    funding,
    horizon,
    instruments,
    limits,
    references,
    restrictions,
    risk,
    rolls,
    shocks,
    simm,
    targets,
)
from neutralizer.load.written.inputs import Inputs

Rule = Callable[[Inputs, Selector, Issues], None]

RULES: tuple[tuple[Rule, str], ...] = (
    (references.tables_have_rows, ""),
    (references.unique_keys, ""),
    (references.names_are_known, ""),
    (references.starred_ids, ""),
    (references.selectors_select, "instruments"),
    (references.currencies_have_rates, "fx"),
    (references.minor_units_agree, "fx"),
    (references.groups_are_a_partition, "books"),
    (barriers.central_books_are_members, "crossing_groups restricted barriers"),
    (barriers.barriers_part_two_books, "barriers"),
    (barriers.groups_can_be_split, "books crossing_groups barriers"),
    (references.combinations_have_rows, "instruments combinations"),
    (references.accounts_are_sound, "books instruments accounts book_accounts"),
    (instruments.prices_are_there, ""),
    (instruments.prices_lie_between_quotes, ""),
    (instruments.terms_are_given, ""),
    (instruments.sizes_are_computable, ""),
    (instruments.costs_are_given, "books mandates"),
    (restrictions.restrictions_restrict, ""),
    (rolls.rolls_say_when, ""),
    (rolls.rolls_do_not_meet, "instruments"),
    (rolls.rolls_have_dates, "instruments rolls as_of"),
    (dislocations.fair_values_are_near_prices, "instruments dislocations"),
    (targets.targets_say_one_thing, "targets"),
    (targets.targets_are_allowed, "books instruments positions open_orders mandates targets"),
    (
        targets.targets_are_whole,
        "books instruments positions open_orders mandates crossing_groups barriers targets",
    ),
    (restrictions.borrowed_is_paid_in_full, "instruments accounts"),
    (funding.margin_rows_are_sound, "margin_rates"),
    (funding.margin_selectors_do_not_meet, "margin_rates instruments"),
    (
        funding.margins_are_given,
        "books instruments mandates accounts book_accounts margin_rates scan_arrays shocks loadings crif",
    ),
    (funding.pools_are_sound, ""),
    (
        funding.collateral_is_sound,
        "books instruments positions accounts pools book_accounts collateral",
    ),
    (shocks.shocks_move_one_thing, ""),
    (shocks.pools_cover_shocks, "shocks"),
    (shocks.arrays_are_sound, ""),
    (shocks.aggregators_are_known, "scan_arrays"),
    (shocks.credits_join_two_groups, ""),
    (simm.parameters_are_there, ""),
    (simm.sensitivities_are_computable, "crif fx instruments"),
    (instruments.legs_are_whole, ""),
    (risk.tenors_are_in_order, "factors"),
    (risk.one_model, "factors factor_covariance"),
    (risk.currency_factors_are_sound, "factors"),
    (risk.risk_is_complete, "books mandates factors loadings"),
    (risk.covariances_are_sound, ""),
    (risk.covariances_have_rank, "books mandates positions instruments"),
    (risk.currencies_have_risk, "books mandates positions instruments factors"),
    (risk.days_are_enough, "books mandates positions instruments measured"),
    (risk.volatilities_are_believable, "factors"),
    (limits.bounds_are_sound, ""),
    (limits.soft_limits_are_weighed, ""),
    (limits.scopes_are_known, "books crossing_groups pools accounts"),
    (limits.targets_fit, "instruments factors covariance factor_covariance shocks"),
    (limits.tenors_are_there, ""),
    (limits.limits_can_bind, "books instruments positions mandates accounts book_accounts"),
    (limits.calendar_is_known, ""),
    (dates.days_follow_each_other, "as_of"),
    (dates.nothing_is_of_the_future, "as_of"),
    (horizon.horizon_is_sound, "instruments targets"),
    (horizon.flows_are_to_come, "as_of instruments flows cash_flows"),
    (horizon.flows_are_looked_at, "as_of flows cash_flows"),
    (dates.expired_is_not_held, "instruments positions"),
    (dates.options_are_there_tomorrow, "instruments positions as_of"),
    (freshness.freshness_is_answerable, ""),
)


def check(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Runs every rule; each adds what it finds."""
    for rule, trusted in RULES:
        if inputs.broken.isdisjoint(trusted.split()):
            rule(inputs, select, issues)
