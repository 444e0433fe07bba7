#!/bin/sh
# Decides three days together into the folder named by the first argument.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: sh run.sh FOLDER" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
exec neutralizer run "$here/scenario" --out "$1"
