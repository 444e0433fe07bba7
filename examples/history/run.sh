#!/bin/sh
# Estimates the risk of the scenario equity-desks from history/ and runs it into the folder named by the first argument.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: sh run.sh FOLDER" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/../../scenarios/equity-desks" "$work/desks"
# ewma-126 is what the comparison of README.md chooses; without --method it is made again
neutralizer estimate "$here/history" --scenario "$work/desks" --out "$work/estimate" --method ewma-126 \
    > "$work/said" 2>&1 || { cat "$work/said" >&2; exit 3; }
cp "$work/estimate/covariance.csv" "$work/estimate/measured.csv" "$work/desks"
sed 's/factor_covariance: factor_covariance.csv}/covariance: covariance.csv}\
  measured: measured.csv/' "$work/desks/scenario.yaml" > "$work/new.yaml"
mv "$work/new.yaml" "$work/desks/scenario.yaml"
neutralizer run "$work/desks" --out "$1"
