"""Every input rule, in the order in which people read their complaints. A rule is one function."""

from collections.abc import Callable

from neutralizer.issues import Issues
from neutralizer.load import economics, limit_rules, references, risk_rules
from neutralizer.load.inputs import Inputs
from neutralizer.load.mandates import Selector

Rule = Callable[[Inputs, Selector, Issues], None]

RULES: tuple[Rule, ...] = (
    references.unique_keys,
    references.names_are_known,
    references.starred_ids,
    references.selectors_select,
    references.currencies_have_rates,
    references.groups_are_a_partition,
    references.combinations_have_rows,
    references.accounts_are_sound,
    economics.prices_are_there,
    economics.terms_are_given,
    economics.costs_are_given,
    economics.margins_are_given,
    economics.pools_are_sound,
    economics.legs_are_whole,
    risk_rules.one_model,
    risk_rules.risk_is_complete,
    risk_rules.covariances_are_sound,
    risk_rules.volatilities_are_believable,
    limit_rules.bounds_are_sound,
    limit_rules.scopes_are_known,
    limit_rules.targets_fit,
    limit_rules.calendar_is_known,
    limit_rules.freshness_is_answerable,
)


def check(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Runs every rule; each adds what it finds."""
    for rule in RULES:
        rule(inputs, select, issues)
