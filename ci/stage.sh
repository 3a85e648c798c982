#!/bin/sh
# One stage of any CI system: runs a verb of fuzzpair, shows its summary where the system looks, ends with its exit code.
#
#   ci/stage.sh change  [OPTION...]     of every proposed change
#   ci/stage.sh nightly [OPTION...]     long; grows what is in the state
#
# OPTIONs go to the verb as they are. From the environment:
#   FUZZPAIR       the command; else the `fuzzpair` of this checkout
#   FUZZPAIR_OUT   the folder of the reports; else out
# Exit codes: 0 clean, 1 a new finding, 2 usage or configuration, 3 could not be done, 130 interrupted.
# A verb that says "clean" and leaves no report did not run: that is a 3.
set -u

case ${1-} in
    change | nightly) verb=$1 && shift ;;
    *)
        echo 'usage: stage.sh change|nightly [OPTION...]' >&2
        exit 2
        ;;
esac
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 3
command=${FUZZPAIR:-$here/../fuzzpair}
out=${FUZZPAIR_OUT:-out}

# Reports of an earlier run must not stand for this one.
mkdir -p -- "$out" || exit 3
rm -f -- "$out/junit.xml" "$out/results.sarif" "$out/summary.md" "$out/report.html" || exit 3

code=0
"$command" "$verb" --out "$out" "$@" || code=$?
case $code in
    0 | 1 | 2 | 3 | 130) ;;
    *)
        echo "stage.sh: $command ended with $code, which is none of its exit codes" >&2
        code=3
        ;;
esac
for report in junit.xml results.sarif summary.md; do
    if [ ! -s "$out/$report" ]; then
        echo "stage.sh: $command left no $out/$report" >&2
        [ "$code" -ne 0 ] || code=3
    fi
done

if [ -s "$out/summary.md" ]; then
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
        # GitHub drops a summary that is over 1 MiB as a whole.
        head -c 1000000 -- "$out/summary.md" >>"$GITHUB_STEP_SUMMARY" || true
    else
        cat -- "$out/summary.md"
    fi
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    echo "exit-code=$code" >>"$GITHUB_OUTPUT"
fi
exit "$code"
