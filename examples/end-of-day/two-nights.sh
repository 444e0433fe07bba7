#!/bin/sh
# Two nights and two mornings of one firm, from the first run to the last fill, with what goes wrong on the way.
#
#   two-nights.sh FOLDER
#
# FOLDER is new; all of it is made there: keys, roles, a journal, what operations read, and two days of a
# scenario with three books. Everything that people and brokers would write is written here by hand.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir "$1"
cd "$1"
umask 022
export NEUTRALIZER_ROLES="$PWD/roles.yaml" NEUTRALIZER_JOURNAL="$PWD/journal"

title() { printf '\n== %s\n' "$1"; }

# expect CODE COMMAND…: runs it, and ends the script where its exit code is another.
expect() {
    wanted=$1
    shift
    set +e
    "$@"
    code=$?
    set -e
    if [ "$code" -ne "$wanted" ]; then
        echo "exit $code of $*, not $wanted" >&2
        exit 1
    fi
    [ "$code" -eq 0 ] || echo "exit $code"
}

# ticket RUN KIND [WORD]: the id of the first ticket of a kind in a run, of those whose line holds a word.
ticket() { awk -F, -v word="${3:-}" 'NR > 1 && index($0, word) {print $1; exit}' "runs/$1/$2.csv"; }

# scenario DATE PRICE: the firm on a date; positions.csv and open_orders.csv lie beside it already.
scenario() {
    mkdir -p "scenario-$1"
    cat >"scenario-$1/scenario.yaml" <<END
format: 1
name: three-desks
as_of: $1T16:00:00-04:00
base_currency: USD
tables:
  books:
    - {book_id: ARB, entity: BD, account_id: PB}
    - {book_id: MM, entity: BD, account_id: PB}
    - {book_id: PT, entity: BD, account_id: PB}
  instruments:
    - {instrument_id: ETF, asset_class: etf, currency: USD, price: $2, price_rule: CLOSE, payment: fully_paid,
       half_spread_bps: 2, hedge_instrument: yes, specific_volatility: 0, settlement_days: 1}
    - {instrument_id: FUT, asset_class: future, currency: USD, price: ${2}0, price_rule: SETTLE, multiplier: 50,
       payment: margined, half_spread_bps: 0.5, commission_per_unit: 2, hedge_instrument: yes, specific_volatility: 0}
  positions: positions.csv
  open_orders: open_orders.csv
  risk:
    units: daily_fraction
    factors: [{factor_id: MARKET, basis: value}]
    loadings:
      - {instrument_id: ETF, factor_id: MARKET, loading: 1}
      - {instrument_id: FUT, factor_id: MARKET, loading: 1}
    factor_covariance: [{factor_id: MARKET, MARKET: 0.0001}]
  mandates:
    - {book_id: ARB, selector: "asset_class:etf", may: trade}
    - {book_id: MM, selector: "*", may: trade}
    - {book_id: PT, selector: "*", may: trade}
  accounts: [{account_id: PB, pool_id: USD}]
  pools: [{pool_id: USD, currency: USD, cash: 20000000, minimum_balance: 1000000}]
  margin_rates:
    - {instrument_id: ETF, long_rate: 0.15, short_rate: 0.15}
    - {instrument_id: FUT, long_rate: 0.05, short_rate: 0.05}
  limits:
    - {limit_id: ARB-market, measure: factor_exposure, scope: "book:ARB", target: MARKET, lower: -1000000, upper: 1000000}
    - {limit_id: MM-market, measure: factor_exposure, scope: "book:MM", target: MARKET, lower: -$3, upper: $3}
    - {limit_id: PT-market, measure: factor_exposure, scope: "book:PT", target: MARKET, lower: -1000000, upper: 1000000}
  crossing_groups:
    - {group_id: house, books: [ARB, MM, PT]}
costs: {booking_fee_bps: 0.1}
END
}

# sign RUN: two people read and sign.
sign() {
    for name in anna ben; do
        neutralizer approve "runs/$1" --as "$name" --key "$name.pem" --yes | tail -1
    done
}

# let_go RUN DATE: handed over into a folder of its date, and received.
let_go() {
    neutralizer release "runs/$1" --to handoff --as clerk --by-day --mail "mail-$1.eml"
    for done in handoff/"$2"/neutralizer_*.done; do cp "$done" "${done%.done}.read"; done
}

# executions FILE LINE…: a broker's report.
executions() {
    file=$1
    shift
    mkdir -p "handoff/${file%/*}"
    echo exec_id,ticket_id,side,last_qty,last_px,time,status,ref_exec_id >"handoff/$file"
    printf '%s\n' "$@" >>"handoff/$file"
}

# acks FILE LINE…: what operations say.
acks() {
    file=$1
    shift
    mkdir -p "handoff/${file%/*}"
    echo ticket_id,status,time >"handoff/$file"
    printf '%s\n' "$@" >>"handoff/$file"
}

title "The firm: three people, a journal, a folder that operations read"
mkdir handoff journal runs
neutralizer new-key anna.pem >anna.pub
neutralizer new-key ben.pem >ben.pub
cat >roles.yaml <<END
approvers: 2
approval_valid: 12h
people:
  anna:  {may: [approve], $(cat anna.pub)}
  ben:   {may: [approve], $(cat ben.pub)}
  clerk: {may: [prepare, release, supersede]}
END
neutralizer journal journal --new
export NEUTRALIZER_AS=clerk HANDOFF="$PWD/handoff"

title "Night 1, 22:15: the end-of-day run"
mkdir scenario-2024-06-27
printf '%s\n' book_id,instrument_id,quantity ARB,ETF,-60000 MM,ETF,100000 PT,ETF,90000 >scenario-2024-06-27/positions.csv
echo book_id,instrument_id,quantity,ticket_id >scenario-2024-06-27/open_orders.csv
scenario 2024-06-27 400 2000000
expect 0 sh "$here/end-of-day.sh" scenario-2024-06-27 runs 2024-06-27

title "Morning 1: two sign, the clerk releases, operations take a copy of .done"
sign 2024-06-27
let_go 2024-06-27 2024-06-27
hedge=$(ticket 2024-06-27 hedges)
given=$(ticket 2024-06-27 internal_transfers)
awk -F, 'NR > 1 {print "allocation:", $3, $5, $6}' runs/2024-06-27/hedge_allocations.csv

title "10:00: the broker has sold 37; each book has the whole lots of its share"
executions 2024-06-27/executions_ALPHA_1.csv \
    "E1,$hedge,SELL,20,4000,2024-06-28T09:31:00-04:00,," \
    "E2,$hedge,SELL,17,4001,2024-06-28T09:52:00-04:00,,"
expect 0 neutralizer allocate handoff --by-day

title "11:00: the broker takes E2 back and reports the rest; the same row may stand in every file"
executions 2024-06-27/executions_ALPHA_2.csv \
    "E1,$hedge,SELL,20,4000,2024-06-28T09:31:00-04:00,," \
    "E3,$hedge,SELL,17,4001,2024-06-28T10:40:00-04:00,BUST,E2" \
    "E4,$hedge,SELL,25,4002,2024-06-28T10:45:00-04:00,,"
expect 0 neutralizer allocate handoff --by-day

title "12:00: two words of one transfer do not fit; the hedge goes on"
acks 2024-06-27/acks_desk.csv "$given,BOOKED,2024-06-28T11:50:00-04:00"
acks 2024-06-27/acks_settlement.csv "$given,REJECTED,2024-06-28T11:55:00-04:00"
expect 13 neutralizer status handoff
rm handoff/2024-06-27/acks_settlement.csv
acks 2024-06-27/acks_desk.csv $(awk -F, 'NR > 1 {print $1 ",BOOKED,2024-06-28T11:50:00-04:00"}' \
    runs/2024-06-27/internal_transfers.csv)
expect 0 neutralizer status handoff

title "Night 2: positions as booked, what is open comes as open_orders, all of it held against night 1"
mkdir scenario-2024-06-28
neutralizer status handoff --open-orders >scenario-2024-06-28/open_orders.csv
cat scenario-2024-06-28/open_orders.csv
# what the books' own system has: positions of night 1, transfers that are booked, bookings that stand
awk -F, -v OFS=, '
    FILENAME ~ /internal_transfers/ {if (FNR > 1) {has[$13 OFS $11] -= $19; has[$14 OFS $11] += $19}; next}
    FILENAME ~ /allocations/ {if (FNR > 1) {sign = $8 == "BUY" ? 1 : -1; if ($2 == "REVERSE") sign = -sign
        has[$6 OFS $5] += sign * $9}; next}
    FNR > 1 {has[$1 OFS $2] += $3}
    END {for (pair in has) if (has[pair]) print pair, has[pair]}
' scenario-2024-06-27/positions.csv runs/2024-06-27/internal_transfers.csv handoff/2024-06-28/allocations_*.csv |
    sort | { echo book_id,instrument_id,quantity; cat; } >scenario-2024-06-28/positions.csv
cat scenario-2024-06-28/positions.csv
scenario 2024-06-28 404 1000000
expect 0 sh "$here/end-of-day.sh" scenario-2024-06-28 runs 2024-06-28

title "Morning 2: it is released; then MM's limit turns out to be mistyped, and the date is superseded"
sign 2024-06-28
let_go 2024-06-28 2024-06-28
first=$(ticket 2024-06-28 hedges)
scenario 2024-06-28 404 1500000
expect 0 neutralizer run scenario-2024-06-28 --out runs/2024-06-28-2 --supersede runs/2024-06-28 \
    --handoff handoff --reason "MM's limit was mistyped" --previous runs/2024-06-27 -q
sign 2024-06-28-2
let_go 2024-06-28-2 2024-06-28
awk -F, 'NR > 1 {print $3, $15, $16, $4}' runs/2024-06-28-2/hedges.csv
second=$(ticket 2024-06-28-2 hedges)

title "The broker confirms the cancel and fills what replaces it, and the rest of day 1"
executions 2024-06-28/executions_ALPHA.csv \
    "E1,$first,SELL,,,2024-06-29T09:29:00-04:00,CANCELLED," \
    "E2,$second,SELL,$(awk -F, 'NR == 2 {print $16}' runs/2024-06-28-2/hedges.csv),4041,2024-06-29T09:40:00-04:00,," \
    "E3,$hedge,SELL,$(awk -F, 'NR == 2 {print $16 - 45}' runs/2024-06-27/hedges.csv),4040.5,2024-06-29T09:45:00-04:00,,"
acks 2024-06-28/acks_desk.csv $(awk -F, -v time=2024-06-29T09:50:00-04:00 '
    FNR > 1 && $3 != "CANCEL" {print $1 ",BOOKED," time}
    FNR > 1 && $4 != "" {print $4 ",CANCELLED," time}' runs/2024-06-28-2/internal_transfers.csv)
expect 0 neutralizer allocate handoff --by-day
expect 0 neutralizer status handoff --all
expect 0 neutralizer journal journal --last 1 >/dev/null
title "Final bookings of day 1: one average price"
cat handoff/*/allocations_*.csv | awk -F, '$12 == "FINAL" && $2 == "NEW" && $4 == "'"$hedge"'" {print $6, $8, $9, $10, $12}'
