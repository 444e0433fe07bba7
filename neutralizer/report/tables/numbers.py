"""Which columns of a run's tables hold numbers: all others are text."""

NUMBERS = frozenset(
    "version quantity step price multiplier settlement_amount notional_base release_phase sequence reference_price "
    "share_of_adv half_spread_cost impact_cost commission_tax_cost amount fee received margin_before "
    "margin_after_transfers margin_after change quantity_before transferred hedged quantity_after before "
    "after_transfers after lower upper headroom utilisation shadow_price balance_before sent outflow borrowed "
    "balance_after_transfers balance_after minimum_balance execution_cost stress_call collateral next_morning "
    "value haircut counted available cost_alone cost_together difference compensation exposure_before "
    "exposure_after_transfers exposure_after variance_before variance_after notional_before notional_after "
    "carry_before carry_after cash_change share sensitivity relief_bps marginal_cost_bps fees_and_carry_bps "
    "residual_bps bound age_seconds bid ask beyond_quotes_bps from_mark to_mark mark_dispersion_bps "
    "from_profit to_profit wanted_after unit_notional wanted crossed ordered left notional_left waiting "
    "waiting_alone waiting_together loss_before loss_after_transfers loss_after net_before net_after_transfers "
    "net_after gross_before gross_after_transfers gross_after volatility_before volatility_after_transfers "
    "volatility_after units_before units_after contribution_before contribution_after units_a_day days_before "
    "days_after more_days".split()
)
