#!/bin/sh
# make test: everything there is. What tests need beyond Go (Postgres, Chromium) is installed by the system's package manager
# where it may be (root on Debian or Ubuntu); elsewhere it says how to, runs the rest, and names at the end what it skipped.
# With CI=true a skip is a failure.
set -u
cd "$(dirname "$0")" || exit 1

postgres() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || [ -n "${CONCIERGE_TEST_POSTGRES:-}" ]; }
browser() { [ -n "${CONCIERGE_TEST_BROWSER:-}" ] || command -v chromium || command -v chromium-browser || command -v google-chrome || command -v chrome; }

want=""
postgres >/dev/null || want="$want postgresql"
browser >/dev/null || want="$want chromium fonts-liberation fonts-noto-core"
if [ -n "$want" ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
		echo "installing:$want"
		(apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $want) >/dev/null 2>&1 ||
			echo "could not install:$want"
	else
		echo "some tests need more than Go. To run them all:  sudo apt-get install$want"
	fi
fi

out=$(mktemp)
trap 'rm -f "$out"' EXIT
failed=0

echo "== gofmt, vet"
unformatted=$(gofmt -l $(git ls-files '*.go'))
[ -z "$unformatted" ] || { echo "not gofmt'ed: $unformatted"; failed=1; }
go vet ./... || failed=1

echo "== words, trees and settings"
CGO_ENABLED=0 go build -trimpath -o bin/concierge ./cmd/concierge || exit 1
./bin/concierge locales check --strict >"$out" 2>&1 || { cat "$out"; failed=1; }
./bin/concierge trees check >"$out" 2>&1 || { cat "$out"; failed=1; }
./bin/concierge check >"$out" 2>&1 || { cat "$out"; failed=1; }
tail -n 1 "$out"

echo "== tests"
go test -timeout 10m -v ./... 2>&1 | tee "$out" | grep -E '^(--- FAIL|FAIL|ok|panic)'
if grep -qE '^(FAIL|--- FAIL|panic:)' "$out"; then
	failed=1
	echo "== what the failed tests said"
	grep -B 60 -A 5 -E '^\s*--- FAIL|^panic:|^FAIL' "$out" | grep -vE '^\s*--- PASS|^=== ' | head -n 600
fi
grep -q '^ok' "$out" || failed=1

skipped=$(grep -E '^\s*--- SKIP' "$out" | sort -u)
passes=$(grep -cE '^\s*--- PASS' "$out")
fails=$(grep -cE '^\s*--- FAIL' "$out")
skips=$(printf '%s' "$skipped" | grep -c .)
if [ -n "$skipped" ]; then
	echo "skipped:"
	echo "$skipped"
	[ "${CI:-}" != true ] || { echo "CI=true: a skip is a failure"; failed=1; }
fi
echo "$passes passed, $fails failed, $skips skipped"
exit $failed
