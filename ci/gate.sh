#!/usr/bin/env bash
# Evaluates a folder of questions against a baseline and leaves the report in askdoc-report/.
#
# ASKDOC_QUESTIONS   the folder of judged questions, say evals/NAME
# ASKDOC_BASELINE    a report in JSON; without the file, the figures are reported and nothing fails
# ASKDOC_MIN_EFFECT  a loss up to this is no regression
#
# Exit status: 0 not worse, 1 worse, 2 not comparable or not measured.
set -euo pipefail

questions=${ASKDOC_QUESTIONS:?name the folder of questions in ASKDOC_QUESTIONS}
baseline=${ASKDOC_BASELINE:-}
report=askdoc-report
mkdir -p "$report"

options=(--html "$report/report.html" --markdown "$report/report.md" --json)
if [ -n "$baseline" ] && [ -f "$baseline" ]; then
  options+=(--baseline "$baseline" --min-effect "${ASKDOC_MIN_EFFECT:-0}")
else
  echo "There is no baseline. Keep $report/report.json of this run as one: ${baseline:-baseline.json}"
fi

status=0
askdoc evaluate "$questions" "${options[@]}" > "$report/report.json" || status=$?
if [ ! -s "$report/report.md" ]; then
  echo "askdoc evaluate wrote no report (status $status)." | tee "$report/report.md"
  exit 2
fi
case $status in
  0) echo "No measure is worse." ;;
  1) echo "A measure is worse: see $report/report.md." ;;
  *) echo "The report cannot be compared with $baseline." ;;
esac
exit "$status"
