#!/bin/sh
# Draws eight days of runs and decides them again with a dearer impact, into the folder named by the first argument.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: sh run.sh FOLDER" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
history=$(mktemp -d)
trap 'rm -rf "$history"' EXIT
python3 "$here/draw.py" "$history/runs" 8
neutralizer backtest "$history/runs" --out "$1" --set costs.impact_coefficient=1.6
