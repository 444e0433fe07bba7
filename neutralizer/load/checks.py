"""Every input rule, in the order in which people read their complaints. A rule is one function, and
stands beside the tables it must be able to trust: it is left out where one of them is broken.
"""

from collections.abc import Callable

from neutralizer.issues import Issues
from neutralizer.load import (
    barrier_rules,
    date_rules,
    economics,
    freshness,
    funding_rules,
    limit_rules,
    references,
    restriction_rules,
    risk_rules,
    shock_rules,
    simm_rules,
)
from neutralizer.load.inputs import Inputs
from neutralizer.load.mandates import Selector

Rule = Callable[[Inputs, Selector, Issues], None]

RULES: tuple[tuple[Rule, str], ...] = (
    (references.tables_have_rows, ""),
    (references.unique_keys, ""),
    (references.names_are_known, ""),
    (references.starred_ids, ""),
    (references.selectors_select, "instruments"),
    (references.currencies_have_rates, "fx"),
    (references.groups_are_a_partition, "books"),
    (barrier_rules.central_books_are_members, "crossing_groups restricted barriers"),
    (barrier_rules.barriers_part_two_books, "barriers"),
    (barrier_rules.groups_can_be_split, "books crossing_groups barriers"),
    (references.combinations_have_rows, "instruments combinations"),
    (references.accounts_are_sound, "books instruments accounts book_accounts"),
    (economics.prices_are_there, ""),
    (economics.prices_lie_between_quotes, ""),
    (economics.terms_are_given, ""),
    (economics.sizes_are_reckonable, ""),
    (economics.costs_are_given, "books mandates"),
    (restriction_rules.restrictions_restrict, ""),
    (restriction_rules.borrowed_is_paid_in_full, "instruments accounts"),
    (funding_rules.margin_rows_are_sound, "margin_rates"),
    (
        funding_rules.margins_are_given,
        "books instruments mandates accounts book_accounts margin_rates scan_arrays shocks loadings crif",
    ),
    (funding_rules.pools_are_sound, ""),
    (
        funding_rules.collateral_is_sound,
        "books instruments positions accounts pools book_accounts collateral",
    ),
    (shock_rules.shocks_move_one_thing, ""),
    (shock_rules.pools_cover_shocks, "shocks"),
    (shock_rules.arrays_are_sound, ""),
    (shock_rules.aggregators_are_known, "scan_arrays"),
    (shock_rules.credits_join_two_groups, ""),
    (simm_rules.parameters_are_there, ""),
    (simm_rules.sensitivities_are_reckonable, "crif fx instruments"),
    (economics.legs_are_whole, ""),
    (risk_rules.one_model, "factors factor_covariance"),
    (risk_rules.currency_factors_are_sound, "factors"),
    (risk_rules.risk_is_complete, "books mandates factors loadings"),
    (risk_rules.covariances_are_sound, ""),
    (risk_rules.volatilities_are_believable, "factors"),
    (limit_rules.bounds_are_sound, ""),
    (limit_rules.soft_limits_are_weighed, ""),
    (limit_rules.scopes_are_known, "books crossing_groups pools accounts"),
    (limit_rules.targets_fit, "instruments factors covariance factor_covariance shocks"),
    (limit_rules.limits_can_bind, "books instruments positions mandates accounts book_accounts"),
    (limit_rules.calendar_is_known, ""),
    (date_rules.days_follow_each_other, "as_of"),
    (date_rules.nothing_is_of_the_future, "as_of"),
    (freshness.freshness_is_answerable, ""),
)


def check(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Runs every rule; each adds what it finds."""
    for rule, trusted in RULES:
        if inputs.broken.isdisjoint(trusted.split()):
            rule(inputs, select, issues)
