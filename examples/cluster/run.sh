#!/bin/sh
# A sweep on a Dask cluster of this machine: a scheduler and two workers, by hand, into the folder named by the first argument.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: sh run.sh FOLDER" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
address=tcp://127.0.0.1:${PORT:-8786}

dask scheduler --host 127.0.0.1 --port "${PORT:-8786}" --no-dashboard >"$1.scheduler.log" 2>&1 &
scheduler=$!
workers=
for name in one two; do
    dask worker "$address" --name "$name" --nthreads 1 --no-dashboard >"$1.$name.log" 2>&1 &
    workers="$workers $!"
done
trap 'kill $workers $scheduler 2>/dev/null; wait' EXIT

neutralizer sweep "$here/../../scenarios/two-desks" --grid "$here/grid.yaml" --out "$1" --scheduler "$address"
