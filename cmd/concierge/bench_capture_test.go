package main_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"concierge/channels"
)

// logged is one statement as the server's log tells it.
type logged struct {
	text string
	args []string // as text, quoted as in the log; "NULL" is none
	own  bool     // a round trip of its own, not one of a pipeline
}

// realTurn is the transaction of one message in the middle of a report.
type realTurn struct {
	conversation string
	messages     map[string]bool // its messages' ids
	list         []logged
}

// capture lets one more resident walk a report while the server writes down what it is asked, and finds the turn in which the
// resident says where in the road the hole is: by then nothing is the first of its kind.
func capture(c *binary, s *server, l *load) realTurn {
	s.t.Helper()
	time.Sleep(time.Second) // receipts of the load
	from, err := os.ReadFile(s.log())
	if err != nil {
		s.t.Fatal(err)
	}
	s.exec(`ALTER SYSTEM SET log_line_prefix = '@%p@ '`)
	s.exec(`ALTER SYSTEM SET log_statement = 'all'`)
	s.exec(`SELECT pg_reload_conf()`)
	time.Sleep(300 * time.Millisecond)
	words := *l.script
	words.services = words.services[:1] // a pothole
	alone := &load{b: c, t: l.t, script: &words, until: func() bool { return false }}
	alone.people.Store(50_000_000)
	r := alone.person(0)
	if err := r.report(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	s.exec(`ALTER SYSTEM RESET log_statement`)
	s.exec(`SELECT pg_reload_conf()`)
	all, err := os.ReadFile(s.log())
	if err != nil {
		s.t.Fatal(err)
	}
	step, _ := words.find(words.where)
	for _, tx := range transactions(string(all[len(from):])) {
		for _, one := range tx {
			if strings.HasPrefix(one.text, "INSERT INTO messages") && slices.Contains(one.args, quoted(step.typed)) && r.kind == channels.SMS {
				return realTurn{unquoted(one.args[1]), s.messages(unquoted(one.args[1])), tx}
			}
		}
	}
	s.t.Fatal("the turn is not in the server's log")
	return realTurn{}
}

var (
	logLine = regexp.MustCompile(`^@(\d+)@ (LOG:  (?:execute [^:]*|statement): |DETAIL:  [Pp]arameters: )`)
	logArg  = regexp.MustCompile(`\$\d+ = (NULL|'(?:[^']|'')*')`)
)

// transactions reads the server's log: what each session did from BEGIN to COMMIT.
func transactions(text string) (all [][]logged) {
	open := map[string][]logged{}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\n\t", "\r"), "\n") { // a tab goes on with the line before
		m := logLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		rest, pid := strings.ReplaceAll(line[len(m[0]):], "\r", "\n"), m[1]
		now := open[pid]
		switch {
		case strings.HasPrefix(m[2], "DETAIL") && len(now) == 0:
			continue // of a statement before the log was on
		case strings.HasPrefix(m[2], "DETAIL"):
			for _, a := range logArg.FindAllStringSubmatch(rest, -1) {
				now[len(now)-1].args = append(now[len(now)-1].args, a[1])
			}
			continue
		case strings.HasPrefix(rest, "BEGIN"):
			now = nil
		}
		open[pid] = append(now, logged{text: rest, own: strings.Contains(m[2], "statement")})
		if rest == "commit" || rest == "COMMIT" {
			all = append(all, open[pid])
			open[pid] = nil
		}
	}
	return all
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func unquoted(s string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(s, "'"), "'"), "''", "'")
}

func (s *server) messages(conversation string) map[string]bool {
	rows, err := s.conn.Query(context.Background(), `SELECT id FROM messages WHERE conversation_id = $1`, conversation)
	if err != nil {
		s.t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	all := map[string]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all
}

// log is the file the server writes to.
func (s *server) log() string {
	at, err := url.Parse(s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	return filepath.Join(at.Query().Get("host"), "log")
}
