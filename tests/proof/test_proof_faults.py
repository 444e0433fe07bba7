"""One small wrong change in rows that are right, and every sentence of the proof about it.

Each case: a file, which of its rows, what they are changed to, the faults (ticket numbers left out),
and how many more follow, since balances, margins, costs and limits follow from the tickets.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.load.firm.caps import Caps
from neutralizer.proof import evidence, prove
from neutralizer.proof.caps import exceeded
from neutralizer.proof.files import Files, decimal, same
from neutralizer.proof.ledger import rebuild
from neutralizer.proof.movements import _steps
from neutralizer.proof.walls import passed_fractions
from tests.tools.hand_made import Places, written

DROPPED, TWICE = None, {"twice": ""}
GIVEN, ORDERS, FILLS, CASH = "internal_transfers hedges hedge_allocations cash_transfers".split()
Case = tuple[str, dict[str, str], dict[str, str] | None, list[str], int]


def numberless(faults: Iterable[str]) -> list[str]:
    """Sentences without the numbers of tickets."""
    return [re.sub(r"(HDG|TRF|CSH|ORD)-[0-9]{8}-[0-9a-f]{10}", r"\1", fault) for fault in faults]


def said(files: Files, *changes: tuple[str, str]) -> list[str]:
    """What the proof says of rows."""
    return numberless(prove(written(*changes)[0], files))


def changed(file: str, which: dict[str, str], change: dict[str, str] | None) -> Files:
    """The right rows with those that match changed, dropped or written twice; + in front: added."""
    files = written()[1]
    rows = files.rows[f"{file}.csv"]
    found = [row for row in rows if which.items() <= row.items()]
    assert found, which
    if change is TWICE:
        rows.append(dict(found[0]))
    elif change is DROPPED:
        rows[:] = [row for row in rows if row not in found]
    elif "+" in change:
        rows.append(found[0] | {k: v for k, v in change.items() if k != "+"})
    else:
        for row in found:
            row |= change
    return files


def test_what_is_right_is_proven() -> None:
    """The cases below change rows that are right."""
    assert said(written()[1]) == []


CASES: dict[str, Case] = {
    "a transfer is a duplicate": (GIVEN, {"instrument_id": "FUT"}, TWICE, ["TRF is a duplicate"], 13),
    "a hedge is a duplicate": (ORDERS, {"instrument_id": "NOX"}, TWICE, ["HDG is a duplicate", "40 of NOX is over the participation cap of 20", "costs.csv: A half_spread is 30.04, not 30.08"], 0),
    "a cash transfer is a duplicate": (CASH, {"from_pool": "P"}, TWICE, ["CSH is a duplicate", "CSH: no route P to Q, or used twice", "pool P: balance_after_transfers 916211.56 is not 915211.06", "pool Q: balance_after_transfers 798886.72 is not 799796.17", "costs.csv: no book transfer_fee is 0.54, not 0.64"], 0),
    "a transfer of another run": (GIVEN, {"instrument_id": "EQ"}, {"run_id": "x"}, ["TRF belongs to another run"], 0),
    "a hedge of another run": (ORDERS, {"instrument_id": "NOX"}, {"run_id": "x"}, ["HDG belongs to another run"], 0),
    "a reference": (ORDERS, {"instrument_id": "NOX"}, {"ref_ticket_id": "X"}, ["HDG: NEW X, and nothing is superseded"], 0),
    "a version": (CASH, {"from_pool": "P"}, {"version": "2"}, ["CSH: version 2 is not 1"], 0),
    "a cash transfer of another run": (CASH, {"from_pool": "Q"}, {"run_id": "x"}, ["CSH belongs to another run"], 0),
    "a transfer is lost": (GIVEN, {"instrument_id": "EQ"}, DROPPED, ["A EQ: 1000.25 + -300.25 + -1000 = -300 does not follow from inputs and tickets", "positions_next.csv: A EQ is not 0.25", "B EQ: -300.25 + 300.25 + 0 = 0 does not follow from inputs and tickets"], 19),
    "an order is lost": (ORDERS, {"instrument_id": "NOX"}, DROPPED, ["HDG: an allocation without a hedge, or not above zero", "costs.csv: A half_spread is 30.04, not 30.00"], 0),
    "no such instrument to give": (GIVEN, {"instrument_id": "FUT"}, {"instrument_id": "X"}, ["A may not hold or trade X", "B may not hold or trade X", "TRF: there is no instrument X"], 8),
    "no such instrument to order": (ORDERS, {"instrument_id": "NOX"}, {"instrument_id": "X"}, ["HDG: house may not order X", "HDG: there is no instrument X", "HDG: A is not in the group that orders", "HDG: fills of NOX, which is no leg"], 1),
    "a transfer's price": (GIVEN, {"instrument_id": "EQ"}, {"price": "50.01"}, ["TRF: price 50.01 is not the input's 50", "TRF: settlement_amount 15012.50 is not quantity x price x multiplier"], 1),
    "a hedge's price": (ORDERS, {"instrument_id": "NOX"}, {"reference_price": "20.0001"}, ["HDG: price 20.0001 is not the input's 20"], 0),
    "a multiplier": (ORDERS, {"instrument_id": "NOX"}, {"multiplier": "2"}, ["HDG: multiplier 2 is not the input's 1"], 0),
    "a transfer's multiplier": (GIVEN, {"instrument_id": "FUT"}, {"multiplier": "51"}, ["TRF: multiplier 51 is not the input's 50"], 0),
    "a currency": (ORDERS, {"instrument_id": "NOX"}, {"currency": "EUR"}, ["HDG: currency 'EUR' is not 'USD'"], 0),
    "an isin": (ORDERS, {"instrument_id": "EQ", "side": "SELL"}, {"isin": ""}, ["HDG: isin '' is not 'US0378331005'"], 0),
    "a price rule": (ORDERS, {"instrument_id": "NOX"}, {"price_rule": "MID"}, ["HDG: price_rule 'MID' is not ''"], 0),
    "a price source": (GIVEN, {"instrument_id": "EQ"}, {"price_source": "x"}, ["TRF: price_source 'x' is not ''"], 1),
    "a price time": (GIVEN, {"instrument_id": "EQ"}, {"price_time": "x"}, ["TRF: price_time 'x' is not ''"], 1),
    "a business date": (GIVEN, {"instrument_id": "EQ"}, {"business_date": "2024-06-28"}, ["TRF: business_date '2024-06-28' is not '2024-06-27'"], 0),
    "an action": (GIVEN, {"instrument_id": "EQ"}, {"action": "CANCEL"}, ["TRF: CANCEL , and nothing is superseded"], 0),
    "a notional": (GIVEN, {"instrument_id": "EQ"}, {"notional_base": "15012.52"}, ["TRF: notional_base 15012.52 is not quantity x unit notional"], 0),
    "a notional one cent off is a rounding": (GIVEN, {"instrument_id": "EQ"}, {"notional_base": "15012.51"}, [], 0),
    "nothing is given": (GIVEN, {"instrument_id": "FUT"}, {"quantity": "0"}, ["TRF: quantity 0 is not above zero", "TRF: notional_base 400000.00 is not quantity x unit notional"], 8),
    "less than nothing is given": (GIVEN, {"instrument_id": "FUT"}, {"quantity": "-2"}, ["TRF: quantity -2 is not above zero", "TRF: notional_base 400000.00 is not quantity x unit notional"], 14),
    "no such giver": (GIVEN, {"instrument_id": "FUT"}, {"from_book": "X"}, ["X may not hold or trade FUT", "TRF: there is no book X"], 7),
    "no such taker": (GIVEN, {"instrument_id": "FUT"}, {"to_book": "X"}, ["X may not hold or trade FUT", "TRF: there is no book X"], 6),
    "a book gives to itself": (GIVEN, {"instrument_id": "FUT"}, {"to_book": "B", "to_account": "PB"}, ["TRF: a book gives to itself"], 8),
    "what may not cross is given": (GIVEN, {"instrument_id": "FUT"}, {"+": "", "ticket_id": "N", "price_time": "", "instrument_id": "NOX", "quantity": "10", "price": "20", "multiplier": "1", "settlement_amount": "200.00", "notional_base": "200.00"}, ["N: NOX may not cross", "positions_after.csv lacks B NOX"], 13),
    "a combination is given": (GIVEN, {"instrument_id": "FUT"}, {"+": "", "ticket_id": "N", "price_time": "", "instrument_id": "ROLL", "quantity": "1.5", "price": "4000", "multiplier": "50", "settlement_amount": "0.00", "notional_base": "300000.00"}, ["A may not hold or trade ROLL", "B may not hold or trade ROLL", "N: ROLL may not cross"], 1),
    "what is restricted is given": (GIVEN, {"instrument_id": "FUT"}, {"+": "", "ticket_id": "N", "price_time": "", "instrument_id": "BILL", "quantity": "100", "price": "98", "multiplier": "1", "settlement_amount": "9800.00", "notional_base": "9800.00"}, ["N: A may not cross BILL: it is restricted"], 18),
    "what is restricted is taken": (GIVEN, {"instrument_id": "EQ"}, {"+": "", "ticket_id": "N", "price_time": "", "instrument_id": "BILL", "isin": "", "from_book": "B", "to_book": "A", "from_account": "PB", "to_account": "PA", "quantity": "50.5", "price": "98", "multiplier": "1", "settlement_amount": "4949.00", "notional_base": "4949.00"}, ["N: A may not cross BILL: it is restricted", "N: quantity 50.5 is not in whole steps of 1.0"], 18),
    "a settlement amount": (GIVEN, {"instrument_id": "EQ"}, {"settlement_amount": "15012.52"}, ["TRF: settlement_amount 15012.52 is not quantity x price x multiplier"], 0),
    "what is margined is paid": (GIVEN, {"instrument_id": "FUT"}, {"settlement_amount": "400000.00"}, ["TRF: settlement_amount 400000.00 is not quantity x price x multiplier"], 0),
    "another group": (GIVEN, {"instrument_id": "EQ"}, {"crossing_group": "C"}, ["TRF: A is not in C: an information barrier is crossed", "TRF: B is not in C: an information barrier is crossed"], 0),
    "across the barrier": (GIVEN, {"instrument_id": "EQ"}, {"to_book": "C"}, ["TRF: C is not in house: an information barrier is crossed", "C EQ: 300.75 breaks the mandate (0.5 to 0.5)"], 7),
    "to who may not hold it": (GIVEN, {"instrument_id": "FUT"}, {"+": "", "ticket_id": "N", "price_time": "", "instrument_id": "NOX", "to_book": "C", "to_account": "XX", "from_book": "A", "from_account": "PA", "quantity": "0.5", "price": "20", "multiplier": "1", "settlement_amount": "10.00", "notional_base": "10.00"}, ["C may not hold or trade NOX", "N: C is not in house: an information barrier is crossed", "N: NOX may not cross", "N: quantity 0.5 is not in whole steps of 1.0"], 11),
    "another entity gives": (GIVEN, {"instrument_id": "EQ"}, {"from_entity": "X"}, ["TRF: from_entity X is not A's"], 0),
    "another entity takes": (GIVEN, {"instrument_id": "EQ"}, {"to_entity": "X"}, ["TRF: to_entity X is not B's"], 0),
    "another account gives": (GIVEN, {"instrument_id": "EQ"}, {"from_account": "PB"}, ["TRF: from_account PB is not A's"], 0),
    "another account takes": (GIVEN, {"instrument_id": "EQ"}, {"to_account": ""}, ["TRF: to_account  is not B's"], 0),
    "a part of a share that nobody has": (GIVEN, {"instrument_id": "EQ"}, {"quantity": "300.5", "settlement_amount": "15025.00", "notional_base": "15025.00"}, ["TRF: quantity 300.5 is not in whole steps of 1.0", "B EQ: 0.25 breaks the mandate (-300.25 to 0)"], 18),
    "the part of a share that the giver has": (GIVEN, {"instrument_id": "EQ"}, {"from_book": "C", "quantity": "300.5", "settlement_amount": "15025.00", "notional_base": "15025.00"}, ["TRF: C is not in house: an information barrier is crossed", "TRF: from_account PA is not C's", "B EQ: 0.25 breaks the mandate (-300.25 to 0)", "C EQ: -300.0 breaks the mandate (0.5 to 0.5)"], 24),
    "the part of a share that the taker has": (GIVEN, {"instrument_id": "EQ"}, {"to_book": "C", "quantity": "300.5", "settlement_amount": "15025.00", "notional_base": "15025.00"}, ["TRF: C is not in house: an information barrier is crossed", "C EQ: 301.0 breaks the mandate (0.5 to 0.5)"], 22),
    "an unknown side": (ORDERS, {"instrument_id": "NOX"}, {"side": "HOLD"}, ["HDG: side HOLD is not known", "HDG: fills of NOX sum to 20, not -20.0"], 0),
    "an execution date": (ORDERS, {"instrument_id": "NOX"}, {"execution_date": "2024-06-28"}, ["HDG: execution_date 2024-06-28 is not the scenario's"], 0),
    "an allocation without a hedge": (FILLS, {"instrument_id": "NOX"}, {"ticket_id": "X"}, ["HDG: house may not order NOX", "X: an allocation without a hedge, or not above zero", "HDG: fills of NOX sum to 0, not 20.0"], 1),
    "an allocation of nothing": (FILLS, {"instrument_id": "NOX"}, {"quantity": "0"}, ["HDG: an allocation without a hedge, or not above zero", "HDG: fills of NOX sum to 0, not 20.0"], 10),
    "an allocation below zero": (FILLS, {"instrument_id": "NOX"}, {"quantity": "-20"}, ["HDG: an allocation without a hedge, or not above zero", "HDG: fills of NOX sum to 0, not 20.0"], 6),
    "an allocation's side": (FILLS, {"instrument_id": "NOX"}, {"side": "SELL"}, ["HDG: fills of NOX sum to -20, not 20.0", "BD has 0.0 NOX and sells 20, 0 of it short"], 5),
    "an allocation's account": (FILLS, {"instrument_id": "NOX"}, {"account_id": "PB"}, ["HDG: account PB is not A's"], 0),
    "an allocation to who may not hold it": (FILLS, {"book_id": "C"}, {"+": "", "instrument_id": "NOX"}, ["C may not hold or trade NOX", "HDG: fills of NOX, which is no leg"], 0),
    "an allocation outside the group": (FILLS, {"book_id": "C"}, {"book_id": "B"}, ["HDG: C may not order FUT", "HDG: B is not in the group that orders"], 10),
    "an allocation to nobody": (FILLS, {"book_id": "C"}, {"book_id": "X"}, ["HDG: C may not order FUT", "X may not hold or trade FUT", "HDG: X is not in the group that orders"], 11),
    "an allocation of another instrument": (FILLS, {"instrument_id": "NOX"}, {"instrument_id": "EQ"}, ["HDG: fills of NOX sum to 0, not 20.0", "HDG: fills of EQ, which is no leg"], 12),
    "an allocation of what is no instrument": (FILLS, {"instrument_id": "NOX"}, {"instrument_id": "X"}, ["A may not hold or trade X", "HDG: fills of NOX sum to 0, not 20.0", "HDG: fills of X, which is no leg"], 1),
    "orders of what is no instrument": (ORDERS, {"crossing_group": "house"}, {"instrument_id": "X"}, ["HDG: house may not order X"] * 5, 22),
    "whole shares of who has a part of one": (GIVEN, {"instrument_id": "EQ"}, {"quantity": "300", "settlement_amount": "15000.00", "notional_base": "15000.00"}, [], 16),
    "an allocation is lost": (FILLS, {"book_id": "A", "instrument_id": "FUT"}, DROPPED, ["HDG: fills of FUT sum to -2, not -3.0"], 10),
    "an order that the group may not give": (ORDERS, {"crossing_group": "C"}, {"crossing_group": "house"}, ["HDG: C is not in the group that orders"], 0),
    "an order of one book with two receivers": (FILLS, {"instrument_id": "NOX"}, {"+": "", "book_id": "B", "account_id": "PB"}, ["HDG: house may not order NOX", "HDG: A is not in the group that orders", "HDG: B is not in the group that orders", "HDG: fills of NOX sum to 40, not 20.0", "positions_after.csv lacks B NOX"], 7),
    "an order turned": (ORDERS, {"instrument_id": "NOX"}, {"side": "SELL"}, ["HDG: fills of NOX sum to 20, not -20.0"], 0),
    "not in whole lots": (ORDERS, {"instrument_id": "NOX"}, {"quantity": "15"}, ["HDG: notional_base 400.00 is not quantity x unit notional", "HDG: fills of NOX sum to 20, not 15.0", "order of 15 NOX is not in whole lots of 10"], 0),
    "over the participation cap": (ORDERS, {"instrument_id": "NOX"}, {"quantity": "30", "notional_base": "600.00"}, ["HDG: fills of NOX sum to 20, not 30.0", "30 of NOX is over the participation cap of 20", "costs.csv: A half_spread is 30.04, not 30.06"], 0),
    "one share too many is sold long": (FILLS, {"side": "SELL", "instrument_id": "EQ"}, {"quantity": "701"}, ["HDG: fills of EQ sum to -701, not -700.0", "BD has 700.0 EQ and sells 701, 300 of it short"], 9),
    "one share too few is sold long": (FILLS, {"side": "SELL", "instrument_id": "EQ"}, {"quantity": "699"}, ["HDG: fills of EQ sum to -699, not -700.0", "BD has 700.0 EQ and sells 699, 300 of it short"], 7),
    "a short sale is called a sale": (FILLS, {"side": "SELL_SHORT"}, {"side": "SELL"}, ["HDG: a SELL_SHORT is filled by a SELL", "BD has 700.0 EQ and sells 1000, 0 of it short"], 0),
    "a short seller without a book": (FILLS, {"side": "SELL_SHORT"}, {"book_id": "X"}, ["X may not hold or trade EQ", "HDG: X is not in the group that orders"], 9),
    "a position twice": ("positions_after", {"book_id": "A", "instrument_id": "EQ"}, TWICE, ["positions_after.csv holds a pair twice", "transfers of EQ in house sum to -300.25"], 0),
    "a position is lost": ("positions_after", {"book_id": "A", "instrument_id": "EQ"}, DROPPED, ["positions_after.csv lacks A EQ", "positions_next.csv holds A EQ, which is no holding", "transfers of EQ in house sum to 300.25"], 0),
    "a position of nothing is lost": ("positions_after", {"book_id": "B", "instrument_id": "EQ"}, DROPPED, ["positions_after.csv lacks B EQ", "transfers of EQ in house sum to -300.25"], 0),
    "a still position is lost": ("positions_after", {"book_id": "C", "instrument_id": "EQ"}, DROPPED, ["positions_after.csv lacks C EQ", "positions_next.csv holds C EQ, which is no holding"], 0),
    "a position that is none": ("positions_after", {"book_id": "A", "instrument_id": "EQ"}, {"+": "", "book_id": "C", "instrument_id": "NOX", "transferred": "0"}, ["positions_after.csv holds C NOX, which is no holding"], 0),
    "a position of nobody": ("positions_after", {"book_id": "A", "instrument_id": "EQ"}, {"+": "", "book_id": "X", "transferred": "1"}, ["positions_after.csv holds X EQ, which is no holding"], 0),
    "a position before": ("positions_after", {"book_id": "A", "instrument_id": "EQ"}, {"quantity_before": "1000"}, ["A EQ: 1000 + -300.25 + -1000 = -300 does not follow from inputs and tickets"], 0),
    "a position after": ("positions_after", {"book_id": "A", "instrument_id": "EQ"}, {"quantity_after": "-299.9999999999"}, ["A EQ: 1000.25 + -300.25 + -1000 = -299.9999999999 does not follow from inputs and tickets"], 0),
    "a position moved": ("positions_after", {"book_id": "A", "instrument_id": "EQ"}, {"transferred": "-300"}, ["A EQ: 1000.25 + -300 + -1000 = -300 does not follow from inputs and tickets", "transfers of EQ in house sum to 0.25"], 0),
    "a position filled": ("positions_after", {"book_id": "A", "instrument_id": "EQ"}, {"hedged": "-999"}, ["A EQ: 1000.25 + -300.25 + -999 = -300 does not follow from inputs and tickets"], 0),
    "tomorrow's position": ("positions_next", {"book_id": "A", "instrument_id": "EQ"}, {"quantity": "-301"}, ["positions_next.csv: A EQ is not -300.00"], 0),
    "tomorrow's position is lost": ("positions_next", {"book_id": "A", "instrument_id": "EQ"}, DROPPED, ["positions_next.csv: A EQ is not -300.00"], 0),
    "tomorrow's position of nothing": ("positions_next", {"book_id": "A", "instrument_id": "EQ"}, {"+": "", "book_id": "B", "quantity": "0"}, [], 0),
    "tomorrow's position that is none": ("positions_next", {"book_id": "A", "instrument_id": "EQ"}, {"+": "", "book_id": "C", "instrument_id": "NOX", "quantity": "1"}, ["positions_next.csv holds C NOX, which is no holding"], 0),
    "no route": (CASH, {"from_pool": "P"}, {"to_pool": "P"}, ["CSH: no route P to P, or used twice", "costs.csv: no book transfer_fee is 0.54, not 0.44"], 9),
    "an amount over capacity": (CASH, {"from_pool": "P"}, {"amount": "1000.51"}, ["CSH: amount 1000.51 is not above zero, within capacity and in whole cents"], 0),
    "an amount of nothing": (CASH, {"from_pool": "Q"}, {"amount": "0"}, ["CSH: amount 0 is not above zero, within capacity and in whole cents", "CSH: fee 0.40 and received 2199.56 are not 0.00 and 0.00"], 5),
    "an amount below a cent": (CASH, {"from_pool": "Q"}, {"amount": "2000.001"}, ["CSH: amount 2000.001 is not above zero, within capacity and in whole cents"], 0),
    "a fee": (CASH, {"from_pool": "P"}, {"fee": "0.10"}, ["CSH: fee 0.10 and received 909.45 are not 0.11 and 909.45"], 0),
    "what arrives": (CASH, {"from_pool": "P"}, {"received": "909.46"}, ["CSH: fee 0.11 and received 909.46 are not 0.11 and 909.45", "pool Q: balance_after_transfers 798886.72 is not 798886.73", "pool Q: balance_after 807795.81 is not 807795.82"], 0),
    "the currency sent": (CASH, {"from_pool": "P"}, {"currency": "EUR"}, ["CSH: the currencies are not the pools'"], 0),
    "the currency received": (CASH, {"from_pool": "P"}, {"received_currency": "USD"}, ["CSH: the currencies are not the pools'"], 0),
    "a value date": (CASH, {"from_pool": "Q"}, {"value_date": "2024-06-27"}, ["CSH: value_date 2024-06-27 is not 2024-06-28"], 0),
    "a cash transfer is lost": (CASH, {"from_pool": "Q"}, DROPPED, ["pool P: received 2199.56 is not 0.00", "pool P: balance_after_transfers 916211.56 is not 914012.00", "pool P: balance_after 950811.56 is not 948612.00"], 6),
    "today's cash transfer is lost": (CASH, {"from_pool": "P"}, DROPPED, ["pool P: sent 1000.50 is not 0.00", "pool P: balance_after_transfers 916211.56 is not 917212.06", "pool P: balance_after 950811.56 is not 951812.06"], 7),
    "a pool is lost": ("pools", {"pool_id": "Q"}, DROPPED, ["pools.csv does not hold every pool once"], 0),
    "a pool twice": ("pools", {"pool_id": "P"}, TWICE, ["pools.csv does not hold every pool once"], 0),
    "another pool": ("pools", {"pool_id": "Q"}, {"pool_id": "R"}, ["pools.csv does not hold every pool once"], 0),
    "a pool's balance_before": ("pools", {"pool_id": "P"}, {"balance_before": "7.77"}, ["pool P: balance_before 7.77 is not 900000.00"], 0),
    "a pool's received": ("pools", {"pool_id": "P"}, {"received": "7.77"}, ["pool P: received 7.77 is not 2199.56"], 0),
    "a pool's sent": ("pools", {"pool_id": "P"}, {"sent": "7.77"}, ["pool P: sent 7.77 is not 1000.50"], 0),
    "a pool's outflow": ("pools", {"pool_id": "P"}, {"outflow": "7.77"}, ["pool P: outflow 7.77 is not -49612.50"], 0),
    "a pool's balance_after_transfers": ("pools", {"pool_id": "P"}, {"balance_after_transfers": "7.77"}, ["pool P: balance_after_transfers 7.77 is not 916211.56"], 0),
    "a pool's balance_after": ("pools", {"pool_id": "P"}, {"balance_after": "7.77"}, ["pool P: balance_after 7.77 is not 950811.56"], 0),
    "a pool's margin_before": ("pools", {"pool_id": "P"}, {"margin_before": "7.77"}, ["pool P: margin_before 7.77 is not 12401.88"], 0),
    "a pool's margin_after": ("pools", {"pool_id": "P"}, {"margin_after": "7.77"}, ["pool P: margin_after 7.77 is not 38030.00"], 0),
    "a pool's minimum_balance": ("pools", {"pool_id": "P"}, {"minimum_balance": "7.77"}, ["pool P: minimum_balance 7.77 is not 100000.00"], 0),
    "a pool's headroom": ("pools", {"pool_id": "P"}, {"headroom": "7.77"}, ["pool P: headroom 7.77 is not 1342981.56"], 0),
    "a pool's stress_call": ("pools", {"pool_id": "P"}, {"stress_call": "7.77"}, ["pool P: stress_call 7.77 is not 0.00"], 0),
    "a pool's collateral": ("pools", {"pool_id": "P"}, {"collateral": "7.77"}, ["pool P: collateral 7.77 is not 480200.00"], 0),
    "a pool's next_morning": ("pools", {"pool_id": "P"}, {"next_morning": "7.77"}, ["pool P: next_morning 7.77 is not 1291169.50"], 0),
    "a pool's morning that nobody asked for": ("pools", {"pool_id": "Q"}, {"next_morning": "0.00"}, ["pool Q: next_morning is asked of nobody"], 0),
    "a loan over its limit": ("pools", {"pool_id": "P"}, {"borrowed": "50000.01"}, ["pool P borrows 50000.01, its limit is 50000"], 0),
    "a loan below zero": ("pools", {"pool_id": "Q"}, {"borrowed": "-0.01"}, ["pool Q: headroom 753009.34 is not 753009.33", "pool Q borrows -0.01, its limit is 0"], 0),
    "a loan is hidden": ("pools", {"pool_id": "P"}, {"borrowed": "0.00"}, ["pool P: headroom 1342981.56 is not 1292981.56", "pool P: next_morning 1291169.50 is not 1241169.50", "costs.csv: no book borrowing is 1.39, not 0"], 0),
    "a pledge over what is there": ("collateral", {"pool_id": "P"}, {"quantity": "5000.0001", "value": "490000.01", "counted": "480200.01"}, ["collateral BILL of P: 5000.0001 are posted, 5000 are there"], 0),
    "a pledge of nothing": ("collateral", {"pool_id": "P"}, {"quantity": "0", "value": "0", "counted": "0"}, ["collateral BILL of P: 0 are posted, 5000 are there"], 3),
    "a pledge of one": ("collateral", {"pool_id": "P"}, {"quantity": "1", "value": "98.00", "counted": "96.04"}, ["pool P: collateral 480200.00 is not 96.04"], 2),
    "an amount of one": (CASH, {"from_pool": "Q"}, {"amount": "1.00", "fee": "0.01", "received": "1.09"}, ["costs.csv: no book transfer_fee is 0.54, not 0.10"], 8),
    "a pledge's value": ("collateral", {"pool_id": "P"}, {"value": "490000.02"}, ["collateral BILL of P: 490000.02 counting 480200.00 is not its value"], 0),
    "what a pledge counts": ("collateral", {"pool_id": "P"}, {"counted": "490000.00"}, ["collateral BILL of P: 490000.00 counting 490000.00 is not its value"], 0),
    "a pledge that may not be": ("collateral", {"pool_id": "P"}, {"pool_id": "Q"}, ["collateral BILL of Q may not be posted, or is a duplicate"], 3),
    "a pledge twice": ("collateral", {"pool_id": "P"}, TWICE, ["collateral BILL of P may not be posted, or is a duplicate"], 3),
    "a pledge is lost": ("collateral", {"pool_id": "P"}, DROPPED, ["pool P: headroom 1342981.56 is not 862781.56", "pool P: collateral 480200.00 is not 0.00", "pool P: next_morning 1291169.50 is not 810969.50"], 0),
    "an account is lost": ("margin_movements", {"account_id": "PA"}, DROPPED, ["margin_movements.csv does not hold every account once"], 0),
    "margin before": ("margin_movements", {"account_id": "PA"}, {"margin_before": "12401.87"}, ["account PA: margins [Decimal('12401.87'), Decimal('30150.00'), Decimal('38030.00')] are not [Decimal('12401.88'), Decimal('30150.00'), Decimal('38030.00')]"], 0),
    "margin after": ("margin_movements", {"account_id": "PB"}, {"margin_after": "54786.47"}, ["account PB: margins [Decimal('127187.05'), Decimal('95831.94'), Decimal('54786.47')] are not [Decimal('127187.05'), Decimal('95831.94'), Decimal('54786.48')]"], 0),
    "margin after transfers": ("margin_movements", {"account_id": "PB"}, {"margin_after_transfers": "0"}, ["account PB: margins [Decimal('127187.05'), Decimal('0'), Decimal('54786.48')] are not [Decimal('127187.05'), Decimal('95831.94'), Decimal('54786.48')]"], 0),
    "a change of margin": ("margin_movements", {"account_id": "PB"}, {"change": "-72400.56"}, ["account PB: margins [Decimal('127187.05'), Decimal('95831.94'), Decimal('54786.48')] are not [Decimal('127187.05'), Decimal('95831.94'), Decimal('54786.48')]"], 0),
    "a cost twice": ("costs", {"term": "borrowing"}, TWICE, ["costs.csv holds a book and term twice"], 0),
    "a cost one cent off": ("costs", {"term": "borrowing"}, {"amount": "1.40"}, ["costs.csv sums to 118.97, plan_cost is 118.96"], 0),
    "a cost two cents off": ("costs", {"term": "borrowing"}, {"amount": "1.41"}, ["costs.csv: no book borrowing is 1.41, not 1.39", "costs.csv sums to 118.98, plan_cost is 118.96"], 0),
    "a cost is lost": ("costs", {"book_id": "A", "term": "half_spread"}, DROPPED, ["costs.csv: A half_spread is 0, not 30.04", "costs.csv sums to 88.92, plan_cost is 118.96"], 0),
    "a cost that is none": ("costs", {"book_id": "A", "term": "half_spread"}, {"+": "", "term": "market_impact", "amount": "5.00"}, ["costs.csv: A market_impact is 5.00, not 0", "costs.csv sums to 123.96, plan_cost is 118.96"], 0),
    "a limit is lost": ("limits", {"limit_id": "A-eq"}, DROPPED, ["limits.csv does not hold every limit once", "limits.csv lacks A-eq book:A"], 0),
    "a limit twice": ("limits", {"limit_id": "A-eq"}, TWICE, ["limits.csv does not hold every limit once"], 0),
    "another limit": ("limits", {"limit_id": "A-eq"}, {"scope": "book:B"}, ["limits.csv lacks A-eq book:A"], 0),
    "a limit before": ("limits", {"limit_id": "gross"}, {"before": "2338325.02"}, ["limit gross firm: before 2338325.02 is not 2.33832e+06"], 0),
    "a limit after transfers": ("limits", {"limit_id": "A-eq"}, {"after_transfers": "702"}, ["limit A-eq book:A: after_transfers 702 is not 700"], 0),
    "a limit after": ("limits", {"limit_id": "gross"}, {"after": "0"}, ["limit gross firm: after 0 is not 696075"], 0),
    "a status": ("limits", {"limit_id": "C-narrow"}, {"status": "OK"}, ["limit C-narrow book:C: status OK is not OK_TO_A_LOT"], 0),
    "a limit said to be relaxed": ("limits", {"limit_id": "A-eq"}, {"relaxed_by": "soft"}, ["limit A-eq book:A: relaxed_by says soft"], 0),
    "not a number": (ORDERS, {"instrument_id": "NOX"}, {"quantity": "many"}, ["a file cannot be read as written: ValueError(\"'many' is not a number\")"], 0),
    "not finite": (ORDERS, {"instrument_id": "NOX"}, {"quantity": "nan"}, ["a file cannot be read as written: ValueError(\"'nan' is not a number\")"], 0),
    "infinite": ("pools", {"pool_id": "P"}, {"headroom": "inf"}, ["a file cannot be read as written: ValueError(\"'inf' is not a number\")"], 0),
    "a short order is called a sale": (ORDERS, {"side": "SELL_SHORT"}, {"side": "SELL"}, ["HDG: a SELL is filled by a SELL_SHORT"], 0),
    "a sale is called short": (ORDERS, {"instrument_id": "EQ", "side": "SELL"}, {"side": "SELL_SHORT"}, ["HDG: a SELL_SHORT is filled by a SELL"], 0),
    "a fill without a side": (FILLS, {"instrument_id": "EQ", "side": "SELL"}, {"side": "HOLD"}, ["HDG: a SELL is filled by a HOLD", "BD has 700.0 EQ and sells 0, 300 of it short"], 0),
    "half a share is filled": (FILLS, {"instrument_id": "EQ", "side": "SELL"}, {"quantity": "699.5"}, ["HDG: a fill of 699.5 EQ is not in whole steps of 1.0", "HDG: fills of EQ sum to -699.5, not -700.0", "BD has 700.0 EQ and sells 699.5, 300 of it short"], 7),
    "an account twice": ("margin_movements", {"account_id": "PA"}, TWICE, ["margin_movements.csv does not hold every account once"], 0),
    "tomorrow's position twice": ("positions_next", {"book_id": "A", "instrument_id": "EQ"}, TWICE, ["positions_next.csv holds a pair twice"], 0),
    "a group buys and sells": (ORDERS, {"instrument_id": "EQ", "side": "SELL"}, {"+": "", "ticket_id": "N", "side": "BUY"}, ["N: fills of EQ sum to 0, not 700.0", "house buys and sells EQ outside", "costs.csv: A half_spread is 30.04, not 23.04"], 0),
    "margin before and its change": ("margin_movements", {"account_id": "PA"}, {"margin_before": "12401.87", "change": "25628.13"}, ["account PA: margins [Decimal('12401.87'), Decimal('30150.00'), Decimal('38030.00')] are not [Decimal('12401.88'), Decimal('30150.00'), Decimal('38030.00')]"], 0),
    "tomorrow's position of nobody": ("positions_next", {"book_id": "A", "instrument_id": "EQ"}, {"+": "", "book_id": "X", "quantity": "0"}, ["positions_next.csv holds X EQ, which is no holding"], 0),
    "a pledge of nobody": ("collateral", {"pool_id": "P"}, {"+": "", "instrument_id": "EQ", "quantity": "-1"}, ["collateral EQ of P may not be posted, or is a duplicate"], 0),
    "a position of nothing at all": ("positions_after", {"book_id": "B", "instrument_id": "EQ"}, {"+": "", "instrument_id": "NOX", "quantity_before": "0", "transferred": "0"}, [], 0),
    "below the lots of another": (ORDERS, {"instrument_id": "BILL"}, {"quantity": "250", "notional_base": "24500.00"}, ["HDG: fills of BILL sum to -200, not -250.0", "order of -250 BILL is not in whole lots of 100", "costs.csv: B half_spread is 41.96, not 42.45"], 0),
    "evidence is lost": ("evidence", {"instrument_id": "EQ"}, DROPPED, ["evidence.csv lacks TRF"], 0),
    "evidence twice": ("evidence", {"instrument_id": "EQ"}, TWICE, ["evidence.csv: TRF is no transfer, or is a duplicate"], 0),
    "evidence of another from_book": ("evidence", {"instrument_id": "EQ"}, {"from_book": "1"}, ["evidence.csv: TRF is not what the ticket says"], 0),
    "evidence of another to_book": ("evidence", {"instrument_id": "EQ"}, {"to_book": "1"}, ["evidence.csv: TRF is not what the ticket says"], 0),
    "evidence of another quantity": ("evidence", {"instrument_id": "EQ"}, {"quantity": "1"}, ["evidence.csv: TRF is not what the ticket says"], 0),
    "evidence of another currency": ("evidence", {"instrument_id": "EQ"}, {"currency": "1"}, ["evidence.csv: TRF is not what the ticket says"], 0),
    "evidence of another price": ("evidence", {"instrument_id": "EQ"}, {"price": "1"}, ["evidence.csv: TRF is not what the ticket says"], 0),
    "evidence of another price_rule": ("evidence", {"instrument_id": "EQ"}, {"price_rule": "1"}, ["evidence.csv: TRF is not what the ticket says"], 0),
    "evidence of another price_source": ("evidence", {"instrument_id": "EQ"}, {"price_source": "1"}, ["evidence.csv: TRF is not what the ticket says"], 0),
    "evidence of another price_time": ("evidence", {"instrument_id": "EQ"}, {"price_time": "1"}, ["evidence.csv: TRF is not what the ticket says"], 0),
    "a bid": ("evidence", {"instrument_id": "EQ"}, {"bid": "49.97"}, ["evidence.csv: TRF: bid 49.97 is not 49.98"], 0),
    "a bid one digit off": ("evidence", {"instrument_id": "EQ"}, {"bid": "49.980001"}, ["evidence.csv: TRF: bid 49.980001 is not 49.98"], 0),
    "an ask is left out": ("evidence", {"instrument_id": "EQ"}, {"ask": ""}, ["evidence.csv: TRF: ask blank is not 50.04"], 0),
    "a bid that nobody gave": ("evidence", {"instrument_id": "FUT"}, {"bid": "3999"}, ["evidence.csv: TRF: bid 3999 is not nan"], 0),
    "beyond the quotes": ("evidence", {"instrument_id": "EQ"}, {"beyond_quotes_bps": "0.02"}, ["evidence.csv: TRF: beyond_quotes_bps 0.02 is not 0"], 0),
    "beyond quotes that nobody gave": ("evidence", {"instrument_id": "FUT"}, {"beyond_quotes_bps": "0"}, ["evidence.csv: TRF: beyond_quotes_bps 0 is not nan"], 0),
    "the giver's mark": ("evidence", {"instrument_id": "EQ"}, {"from_mark": "50.1"}, ["evidence.csv: TRF: from_mark 50.1 is not 49.5"], 0),
    "the taker's mark": ("evidence", {"instrument_id": "EQ"}, {"to_mark": "49.5"}, ["evidence.csv: TRF: to_mark 49.5 is not 50.1"], 0),
    "how far the marks are apart": ("evidence", {"instrument_id": "EQ"}, {"mark_dispersion_bps": "-120.00"}, ["evidence.csv: TRF: mark_dispersion_bps -120.00 is not 120"], 0),
    "the giver's profit": ("evidence", {"instrument_id": "EQ"}, {"from_profit": "-150.13"}, ["evidence.csv: TRF: from_profit -150.13 is not 150.125"], 0),
    "the taker's profit": ("evidence", {"instrument_id": "EQ"}, {"to_profit": "30.05"}, ["evidence.csv: TRF: to_profit 30.05 is not 30.025"], 0),
    "a margined profit": ("evidence", {"instrument_id": "FUT"}, {"from_profit": "20.00"}, ["evidence.csv: TRF: from_profit 20.00 is not 1000"], 0),
    "an age": ("evidence", {"instrument_id": "FUT"}, {"age_seconds": "3601"}, ["evidence.csv: TRF: age_seconds 3601 is not 3600"], 0),
    "an age that nobody knows": ("evidence", {"instrument_id": "EQ"}, {"age_seconds": "0"}, ["evidence.csv: TRF: age_seconds 0 is not nan"], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_small_change_is_told(name: str) -> None:
    """The case's name says what went wrong."""
    file, which, change, faults, more = CASES[name]
    found = said(changed(file, which, change))
    assert [fault for fault in found if fault in faults] == faults
    assert len(found) == len(faults) + more, found


def test_a_still_position_is_proven_to_its_last_digit() -> None:
    """C may not change a share of which a double does not hold the end."""
    digits = (
        "instrument_id: EQ, quantity: 0.5}",
        "instrument_id: EQ, quantity: 0.12345678901234567891}",
    )
    assert said(written(digits)[1], digits) == []


def lost(files: Files, file: str) -> Files:
    """The rows without a whole file's."""
    files.rows[f"{file}.csv"].clear()
    return files


def test_transfers_only_means_no_orders() -> None:
    """Orders went out although only transfers were asked for."""
    fault = "transfers only were asked for, and hedges.csv holds orders"
    assert said(written(transfers_only=True)[1]) == [fault]
    assert fault not in said(lost(written(transfers_only=True)[1], ORDERS))


def test_a_summary_s_cost_is_the_sum() -> None:
    """The summary promises a cheaper plan than costs.csv adds up to."""
    files = written()[1]
    assert said(replace(files, summary=files.summary.model_copy(update={"plan_cost": 118.95}))) == [
        "costs.csv sums to 118.96, plan_cost is 118.95"
    ]


def test_a_file_without_a_column_is_a_fault() -> None:
    """A KeyError would stop the proof half way and look like a crash."""
    files = written()[1]
    del files["costs.csv"][0]["amount"]
    assert said(files) == ["a file cannot be read as written: KeyError('amount')"]


WORTHLESS = ("haircut: 0.02", "haircut: 1")


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ([("cash: 900000", "cash: 51000.5")], []),
        ([("cash: 900000", "cash: 51000.49")], ["pool P ends 0.01 below its floor"]),
        ([("cash: 900000", "cash: 89030.5"), WORTHLESS], []),
        (
            [("cash: 900000", "cash: 89030.49"), WORTHLESS],
            ["pool P ends 0.01 below its floor"],
        ),
        ([("cash: 800000", "cash: 46990.64")], ["pool Q ends 0.02 below its floor"]),
        ([("cash: 800000", "cash: 46990.67")], []),
        (
            [("cash: 900000", "cash: -1000"), (", due_next_morning: yes", "")],
            ["pool P ends 188.44 below its floor"],
        ),
        (
            [("cash: 900000", "cash: -1000"), (", due_next_morning: yes", ""), WORTHLESS],
            ["pool P ends 38218.44 below its floor"],
        ),
    ],
)
def test_every_floor_holds(changes: list[tuple[str, str]], faults: list[str]) -> None:
    """A pool is left below its floor: settled or next morning, with or without its margin."""
    assert said(written(*changes)[1], *changes) == faults


def test_what_is_right_elsewhere_is_proven() -> None:
    """A pool in euro is due in the morning, and posts bills that it has apart."""
    due = ("currency: EUR, cash: 800000", "currency: EUR, cash: 800000, due_next_morning: yes")
    apart = (
        "{pool_id: P, instrument_id: BILL,",
        "{pool_id: Q, instrument_id: BILL, quantity: 5000,",
    )
    assert said(written(due)[1], due) == []
    assert said(written(apart)[1], apart) == []
    few = ("{book_id: A, instrument_id: BILL, quantity: 5000}", "{book_id: A, instrument_id: BILL, quantity: 50}")  # fmt: skip
    assert said(written(apart, few)[1], apart, few) == []  # a bond may be sold short as any sale


def test_fills_beside_an_order_do_not_cancel_out() -> None:
    """Two books crossed a future under the ticket of an order for shares: the fills sum to nothing."""
    files = written()[1]
    row = next(r for r in files[f"{FILLS}.csv"] if r["instrument_id"] == "NOX")
    future = {"instrument_id": "FUT", "quantity": "5"}
    files[f"{FILLS}.csv"].append(row | future)
    files[f"{FILLS}.csv"].append(
        row | future | {"book_id": "B", "account_id": "PB", "side": "SELL"}
    )
    assert "HDG: fills of FUT, which is no leg" in said(files)


def test_a_fraction_may_pass_through_the_centre() -> None:
    """A quarter of each of two books came through the central one, and was refused as half a share."""
    files = changed(GIVEN, {"instrument_id": "EQ"}, {"quantity": "300.5"})
    fault = "quantity 300.5 is not in whole steps of 1.0"
    assert fault in "; ".join(prove(with_books(), files))
    assert fault not in "; ".join(prove(with_books(via={"house": "B"}), files))


@pytest.mark.parametrize(
    ("sold", "short", "incoming", "owners", "faults"),
    [
        ("698", "1", "0", "BD BD BD", ["BD has 700.0 EQ and sells 698, 1 of it short"]),
        ("699", "1", "0", "BD BD BD", ["BD has 700.0 EQ and sells 699, 1 of it short"]),
        ("700", "1", "0", "BD BD BD", []),
        ("700", "300", "0", "BD X BD", []),
        ("700", "300", "100", "BD BD BD", ["BD has 600.0 EQ and sells 700, 300 of it short"]),
        ("600", "400", "100", "BD BD BD", []),
    ],
)
def test_a_sale_is_long_as_far_as_there_is_something(
    sold: str, short: str, incoming: str, owners: str, faults: list[str]
) -> None:
    """Shares that are still to come, or another owner's, were sold as if they were there."""
    scenario, files = written()
    coming = [Decimal(0)] * len(scenario.holdings.exact)
    coming[Places(scenario).holding("A", "EQ")] = Decimal(incoming)
    scenario = replace(
        scenario,
        holdings=replace(scenario.holdings, incoming=tuple(coming)),
        books=replace(scenario.books, owner=tuple(owners.split())),
    )
    for row in files[f"{FILLS}.csv"]:
        if row["instrument_id"] == "EQ":
            row["quantity"] = {"SELL": sold, "SELL_SHORT": short}[row["side"]]
    assert [f for f in prove(scenario, files) if "short" in f] == faults


def test_a_floor_may_be_widened() -> None:
    """What a best-effort run leaves a pool short of is in the scenario; a cent more is a fault."""
    low = ("cash: 900000", "cash: 20000")
    scenario, files = written(low)
    assert prove(scenario, files) == ["pool P ends 31000.50 below its floor"]
    for shortfall, faults in ((31000.5, 0), (31000.49, 1)):
        pools = replace(scenario.pools, shortfall=np.array([shortfall, 0.0]))
        assert len(prove(replace(scenario, pools=pools), files)) == faults


def test_books_without_accounts_name_none() -> None:
    """A scenario without margin has no accounts: a ticket that names one is made up."""
    scenario, files = written()
    none = np.full_like(scenario.holdings.account, -1)
    bare = replace(scenario, holdings=replace(scenario.holdings, account=none))
    assert "TRF: from_account PA is not A's" in "; ".join(numberless(prove(bare, files)))
    for row in (*files["internal_transfers.csv"], *files["hedge_allocations.csv"]):
        row |= {k: "" for k in ("from_account", "to_account", "account_id") if k in row}
    assert prove(bare, files) == []


@pytest.mark.parametrize(
    ("text", "value", "agrees"),
    [
        ("1.00", 1.01, True), ("1.00", 0.99, True), ("1.00", 1.0101, False), ("1.00", 0.9899, False),
        ("-5", -6.0, True), ("-5", -6.1, False), ("1", 0.0, True),
        ("1000000000000.00", 1000000000000.5, True), ("1000000000000.00", 1000000000002.0, False),
        ("-1000000000000.00", -1000000000000.5, True),
    ],
)  # fmt: skip
def test_same_is_one_unit_of_the_last_digit(text: str, value: float, agrees: bool) -> None:
    """A written amount that is a cent off is a rounding, more is not, whatever floats add up to."""
    assert same(text, value) is agrees


EVERY = [
    ({"currency": "EUR"}, ["the firm's caps are in EUR, the scenario in USD"]),
    ({"largest_order": 600000.0}, []),
    ({"largest_order": 599999.99}, ["order ORD is 600,000.00, the firm allows 599,999.99"]),
    ({"external_total": 870000.0}, []),
    ({"external_total": 869999.0}, ["all orders together is 870,000.00, the firm allows 869,999.00"]),
    ({"largest_cash_transfer": 2200.0}, []),
    ({"largest_cash_transfer": 2199.0}, ["cash transfer CSH is 2,200.00, the firm allows 2,199.00"]),
    ({"tickets": 10}, []),
    ({"tickets": 9}, ["10 tickets, the firm allows 9"]),
    ({"forbidden": ("NOX",)}, ["HDG: the firm forbids NOX"] * 2),
    ({"forbidden": ("NEXT",)}, ["HDG: the firm forbids NEXT"] * 2),
    ({"forbidden": ("FUT",)}, ["TRF: the firm forbids FUT"] + ["HDG: the firm forbids FUT"] * 4),
]  # fmt: skip


@pytest.mark.parametrize(("cap", "faults"), EVERY)
def test_a_cap_is_told(cap: dict[str, Any], faults: list[str]) -> None:
    """A plan that is right leaves the house larger than the firm allows, by a cent."""
    scenario, files = written()
    assert numberless(exceeded(Caps(**{"currency": "USD"} | cap), scenario, files)) == faults


def test_an_order_without_a_parent_is_its_own() -> None:
    """Two orders without a parent would be added up, and one that is too large lost among them."""
    scenario, files = written()
    for row in files["hedges.csv"]:
        row["parent_order"] = ""
    found = numberless(exceeded(Caps(currency="USD", largest_order=200000.0), scenario, files))
    assert found == ["order HDG is 600,000.00, the firm allows 200,000.00"]


def test_cash_counts_in_the_currency_of_its_pool() -> None:
    """What the ticket says of its currency is not believed; the proof tells that it is another."""
    scenario, files = written()
    files["cash_transfers.csv"][0]["currency"] = "XXX"
    found = exceeded(Caps(currency="USD", largest_cash_transfer=1999.0), scenario, files)
    assert numberless(found) == ["cash transfer CSH is 2,200.00, the firm allows 1,999.00"]


def with_books(**books: Any) -> Scenario:
    """The scenario with its books' walls changed; names stand for books."""
    scenario = written()[0]
    at = scenario.books.ids.index
    via = {group: at(name) for group, name in books.get("via", {}).items()}
    barred = tuple((at(a), at(b)) for a, b in books.get("barred", ()))
    return replace(scenario, books=replace(scenario.books, via=via, barred=barred))


@pytest.mark.parametrize(
    ("books", "faults"),
    [
        ({"via": {"house": "B", "C": "C"}}, []),
        ({"via": {"house": "C"}}, [
            "TRF: B gives to A, and not through C, the central book of house",
            "TRF: A gives to B, and not through C, the central book of house",
        ]),
        ({"barred": [("C", "A"), ("B", "C")]}, []),
        ({"barred": [("B", "A")]}, [
            "TRF: A and B may never cross with each other",
            "TRF: A and B may never cross with each other",
            "A and B may never cross with each other, and both cross in house",
        ]),
    ],
)  # fmt: skip
def test_a_wall_is_told(books: dict[str, Any], faults: list[str]) -> None:
    """Two books met that may not, or a transfer left out the book in the middle."""
    found = numberless(prove(with_books(**books), written()[1]))
    assert [fault for fault in found if "restricted" not in fault] == faults


def test_a_central_book_does_not_give_to_itself() -> None:
    """A transfer with the central book on both sides reaches nobody."""
    files = changed(GIVEN, {"instrument_id": "FUT"}, {"to_book": "B", "to_account": "PB"})
    found = numberless(prove(with_books(via={"house": "B"}), files))
    assert "TRF: B gives to B, and not through B, the central book of house" in found


def test_books_that_cross_in_different_groups_do_not_meet() -> None:
    """A wall was seen to be crossed where each book crossed with its own friends."""
    files = written()[1]
    files[f"{GIVEN}.csv"][0]["crossing_group"] = "C"  # the one that B gives: not with A, in house
    files[f"{GIVEN}.csv"][0] |= {"from_book": "C", "to_book": "C"}
    found = numberless(prove(with_books(barred=[("C", "A")]), files))
    assert not [fault for fault in found if "may never cross" in fault]


def test_an_owner_does_not_buy_and_sell_at_once() -> None:
    """One book of an owner sells to the market what another buys from it."""
    files = written()[1]
    row = next(r for r in files[f"{FILLS}.csv"] if r["book_id"] == "C")
    order = next(r for r in files[f"{ORDERS}.csv"] if r["ticket_id"] == row["ticket_id"])
    files[f"{ORDERS}.csv"].append(order | {"ticket_id": "N", "side": "SELL"})
    files[f"{FILLS}.csv"].append(row | {"ticket_id": "N", "side": "SELL", "book_id": "X"})
    assert "BD buys and sells FUT outside at once" not in said(files)
    files[f"{FILLS}.csv"][-1]["book_id"] = "A"
    assert "BD buys and sells FUT outside at once" in said(files)
    files[f"{FILLS}.csv"][-1]["ticket_id"] = "O"
    assert "BD buys and sells FUT outside at once" not in said(files)


@pytest.mark.parametrize(
    ("central", "giver", "taker", "everybody", "fractions"),
    [
        ("", "A", "B", True, ""),
        ("B", "A", "B", False, "0 0.25 0.5"),
        ("B", "A", "B", True, "0 0.15 0.25 0.4 0.5 0.9"),
        ("A", "A", "B", True, "0 0.1 0.25 0.35 0.5 0.6"),
        ("A", "C", "A", True, "0 0.1 0.25 0.35 0.75 0.85"),
        ("A", "A", "C", True, "0 0.15 0.25 0.65 0.75 0.9"),
        ("B", "C", "B", True, "0 0.1 0.25 0.35 0.75 0.85"),
    ],
)
def test_fractions_pass_through_the_centre_whole(
    central: str, giver: str, taker: str, everybody: bool, fractions: str
) -> None:
    """A part of a share that no book has passed through the central one. A has a quarter, B is short
    one, C has a tenth.
    """
    scenario = with_books(via={"house": central} if central else {})
    books = replace(scenario.books, group=("house",) * 3) if everybody else scenario.books
    exact = tuple(Decimal("0.1") if q == Decimal("0.5") else q for q in scenario.holdings.exact)
    scenario = replace(scenario, books=books, holdings=replace(scenario.holdings, exact=exact))
    ledger = rebuild(scenario, written()[1], [])
    row = {"crossing_group": "house", "from_book": giver, "to_book": taker, "instrument_id": "EQ"}
    found = passed_fractions(scenario, ledger, row, Decimal(1))
    assert " ".join(sorted(format(x.normalize(), "f") for x in found)) == fractions


@pytest.mark.parametrize(
    ("step", "quantity", "whole"),
    [(1.0, "2.9", True), (1.0, "2.1", True), (1.0, "2.8", False), (0.5, "2.4", True), (0.5, "2.2", False)],
)  # fmt: skip
def test_what_a_fraction_lacks_to_a_step_may_move_beside_whole_steps(
    step: float, quantity: str, whole: bool
) -> None:
    """A has a tenth beyond whole steps: three steps less that tenth leave it with whole ones."""
    scenario = with_books(via={})
    k = scenario.instruments.ids.index("EQ")
    steps = np.where(np.arange(len(scenario.instruments.ids)) == k, step, 1.0)
    scenario = replace(scenario, instruments=replace(scenario.instruments, step=steps))
    ledger = rebuild(scenario, written()[1], [])
    exact = list(scenario.holdings.exact)
    exact[ledger.holding["A", "EQ"]], exact[ledger.holding["B", "EQ"]] = Decimal("7.1"), Decimal(-7)
    scenario = replace(scenario, holdings=replace(scenario.holdings, exact=tuple(exact)))
    row = {"crossing_group": "house", "from_book": "A", "to_book": "B", "instrument_id": "EQ"}
    assert (not _steps(scenario, ledger, row | {"quantity": quantity}, k)) is whole


@pytest.mark.parametrize(
    ("change", "beyond", "profit"),
    [
        ({"price": 50.04}, "0.00", "162.14"),
        ({"ask": float("nan")}, "", "150.13"),
        ({"price": 50.05}, "2.00", "165.14"),
        ({"price": 49.97}, "2.00", "141.12"),
        ({"price": 0.0}, "", "-14862.38"),
        ({"price": -50.0}, "19996.00", "-29874.87"),
        ({"fx": 2.0}, "0.00", "300.25"),
        ({"multiplier": 10.0}, "0.00", "1501.25"),
    ],
)
def test_evidence_is_recomputed(change: dict[str, float], beyond: str, profit: str) -> None:
    """A price outside its quotes, or a book that lost by it, was written down as fair."""
    scenario, files = written()
    k, faults = scenario.tradables.ids.index("EQ"), list[str]()
    t = replace(scenario.tradables, **{c: getattr(scenario.tradables, c).copy() for c in change})
    for column, value in change.items():
        getattr(t, column)[k] = value
    row = next(r for r in files["evidence.csv"] if r["instrument_id"] == "EQ")
    row |= {"beyond_quotes_bps": beyond, "from_profit": profit}
    changed_scenario = replace(scenario, tradables=t)
    evidence.prove(changed_scenario, files, rebuild(scenario, files, []), faults)
    assert not [f for f in faults if "beyond" in f or "from_profit" in f], faults
    row |= {"beyond_quotes_bps": "7.77", "from_profit": "7.77"}
    evidence.prove(changed_scenario, files, rebuild(scenario, files, []), faults)
    assert len([f for f in faults if "beyond" in f or "from_profit" in f]) == 2, faults


def test_a_book_that_may_not_hold_it_has_no_fraction() -> None:
    """C may not hold NOX: it is asked for no part of one."""
    scenario = with_books(via={"house": "B"})
    books = replace(scenario.books, group=("house",) * 3)
    ledger = rebuild(scenario, written()[1], [])
    row = {"crossing_group": "house", "from_book": "A", "to_book": "B", "instrument_id": "NOX"}
    assert passed_fractions(replace(scenario, books=books), ledger, row, Decimal(1)) == {0}


@pytest.mark.parametrize("text", ["2E+3", "0E+12", "9e999999", "sNaN", "", " 1", "1" * 41, "１"])
def test_a_number_is_what_this_program_writes(text: str) -> None:
    """An exponent changes how much a written cell may be out by; a word is no amount."""
    with pytest.raises(ValueError, match="is not a number"):
        decimal(text)
