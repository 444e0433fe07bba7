#!/bin/sh
# The end-of-day run, for cron or systemd.
#
#   end-of-day.sh SCENARIO RUNS [DATE]
#
# SCENARIO  the scenario folder that the feeds fill
# RUNS      the folder that keeps one folder a day, RUNS/YYYY-MM-DD; made if it is missing
# DATE      the business date that the scenario must be of; default today, by the clock
#
# Prints one line when all is well, else what the clerk has to know, and ends with the exit code of
# neutralizer. cron mails what is printed. Set MAIL_TO where nothing else does (systemd).
# RETRY_AFTER is how long to wait when another run holds the lock, in seconds; default 60.
#
# With these variables, each of which may be left out:
# HANDOFF             the folder that operations read: the inputs are held against what came back
# ORDER               a standing order: what it allows is released there tonight
# NEUTRALIZER_AS, _ROLES, _CAPS, _JOURNAL, _MODEL_CARD   as docs/release.md says
set -u

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
    echo "usage: end-of-day.sh SCENARIO RUNS [DATE]" >&2
    exit 2
fi
scenario=$1
runs=$2
day=${3:-$(date +%Y-%m-%d)}
out=$runs/$day
said=$(mktemp) || exit 9
trap 'rm -f "$said"' EXIT

# tell CODE SENTENCE: the sentence, then what neutralizer said; by mail too where MAIL_TO is set.
tell() {
    {
        echo "$2"
        cat "$said"
    } >&2
    if [ -n "${MAIL_TO:-}" ]; then
        { echo "$2"; cat "$said"; } | mail -s "neutralizer $day: exit $1" "$MAIL_TO"
    fi
}

# pass_on CODE: what was said, to cron, and by mail too where MAIL_TO is set.
pass_on() {
    cat "$said"
    if [ -n "${MAIL_TO:-}" ]; then
        mail -s "neutralizer $day: exit $1" "$MAIL_TO" <"$said"
    fi
}

# explain CODE: one sentence for each exit code, and what helps to act on it.
explain() {
    case $1 in
    0)
        # what a person should know before booking; the one line of --quiet leaves it out
        awk '/^  "findings": \[$/ {on = 1; next} /^  \]/ {on = 0} on {sub(/^ +/, "  finding: "); print}' \
            "$out/summary.json" >>"$said"
        pass_on 0
        ;;
    3) tell 3 "The inputs of $day are refused. No tickets. Send the lines below to whoever feeds them." ;;
    4)
        tell 4 "No plan keeps every limit on $day. No tickets. Ask the owners of the limits below."
        ;;
    5) tell 5 "No certified answer for $day. No tickets. Call support with the lines below." ;;
    6) tell 6 "The plan of $day failed its proof or the firm's caps. No tickets. $out.refused says why." ;;
    7) tell 7 "$day was run or released with other inputs. Nothing was touched. Ask whether it was booked." ;;
    8) tell 8 "Another run still writes $out. Wait until it has ended, then run again." ;;
    9) tell 9 "Cannot write $out. No tickets. Check disk space and permissions, then run again." ;;
    10) tell 10 "The inputs are not fresh enough for $day. No tickets. Ask for the feed, then run again." ;;
    11) tell 11 "Files were changed after they were written: $out, or the journal. Do not book. Call support." ;;
    12) tell 12 "Not allowed on $day, by roles.yaml or an expired waiver. No tickets. Ask who is named below." ;;
    70) tell 70 "A fault of neutralizer itself on $day. No tickets. Call support with the lines below." ;;
    *) tell "$1" "The run of $day ended with code $1. No tickets of this run. Call support." ;;
    esac
}

# attempt: one run, refused where the inputs are of another date: yesterday's feed is never run as today's.
attempt() {
    held=$(earlier)
    neutralizer run "$scenario" --out "$out" --quiet --expect-date "$day" \
        ${held:+--previous "$held"} ${HANDOFF:+--handoff "$HANDOFF"} >"$said" 2>&1
}

# earlier: the newest finished folder of RUNS of a day before, of those that supersede each other the last
# (2024-06-27, then 2024-06-27-2); nothing where there is none.
earlier() {
    ls -d "$runs"/????-??-??/manifest.json "$runs"/????-??-??-?/manifest.json 2>/dev/null |
        sed 's|/manifest.json$||' | LC_ALL=C sort |
        awk -F/ -v day="$day" 'substr($NF, 1, 10) < day {found = $0} END {print found}'
}

# release: what the standing order lets leave tonight. That the rest waits for people is no failure.
release() {
    neutralizer release "$out" --to "$HANDOFF" --auto "$ORDER" >"$said" 2>&1
    released=$?
    case $released in
    0) pass_on 0 ;;
    12)
        held=$(cat "$said")
        printf '%s\n' "Nothing was released tonight; it waits for two people in the morning:" "$held" >"$said"
        pass_on 0
        ;;
    *) tell "$released" "The tickets of $day are in $out, and were not released. Call support." ;;
    esac
    [ "$released" -eq 12 ] || return "$released"
}

if ! mkdir -p "$runs" 2>"$said"; then
    explain 9
    exit 9
fi
attempt
code=$?
if [ "$code" -eq 8 ]; then
    sleep "${RETRY_AFTER:-60}"
    attempt
    code=$?
fi
explain "$code"
if [ "$code" -eq 0 ] && [ -n "${HANDOFF:-}" ] && [ -n "${ORDER:-}" ]; then
    release
    code=$?
fi
exit "$code"
