package main_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// crowd is how many conversations pgbench finds, each a copy of a real one: enough that two clients seldom want the same.
const crowd = 2000

// pgbench is what the database alone can do: the statements of one real turn, as the running binary sent them, in the same pipelines,
// by 32 clients, on the same server. It returns turns a second, and false when there is no pgbench.
func pgbench(b *testing.B, c *binary, s *server, l *load, span time.Duration) (float64, bool) {
	tool, err := pgbenchTool()
	if err != nil {
		b.Log("no ratio:", err)
		return 0, false
	}
	turn := capture(c, s, l)
	c.stop()
	s.multiply(turn.conversation)
	script, values := turn.script()
	file := filepath.Join(b.TempDir(), "turn.pgbench")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		b.Fatal(err)
	}
	at, err := url.Parse(s.address)
	if err != nil {
		b.Fatal(err)
	}
	args := []string{"-n", "-M", "prepared", "-c", strconv.Itoa(residents), "-j", "2", "-T", strconv.Itoa(int(span.Seconds())), "-f", file,
		"-h", at.Query().Get("host"), "-U", at.User.Username(), "-D", "prev=0"}
	for i, v := range values {
		args = append(args, "-D", fmt.Sprintf("v%d=%s", i, v))
	}
	out, err := exec.Command(tool, append(args, strings.TrimPrefix(at.Path, "/"))...).CombinedOutput() //nolint:gosec // our own words
	if err != nil {
		b.Fatalf("pgbench: %v\n%s\n%s", err, out, script)
	}
	found := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if found == nil || strings.Contains(string(out), "aborted") {
		b.Fatalf("pgbench said nothing of its speed:\n%s", out)
	}
	tps, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return tps, true
}

func pgbenchTool() (string, error) {
	if p, err := exec.LookPath("pgbench"); err == nil {
		return p, nil
	}
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if len(all) == 0 {
		return "", fmt.Errorf("pgbench is not on this machine: apt-get install postgresql")
	}
	slices.Sort(all)
	return all[len(all)-1], nil
}

// fresh are columns whose value no two turns share.
var fresh = []string{"messages.id", "messages.seq", "messages.handle", "messages.cause", "received.provider_id", "received.message_id"}

var (
	insert = regexp.MustCompile(`(?s)^INSERT INTO (\w+) \(([^)]*)\)\s*VALUES \((.*?)\)(?:\s|$)`)
	param  = regexp.MustCompile(`\$(\d+)`)
)

// script is the turn for pgbench: another conversation each time, ids of its own, the other values as they were (v0, v1 …). It goes
// in the pipelines of the real one: up to the reading of what stands there, the writing, the COMMIT.
func (r realTurn) script() (script string, values []string) {
	made := map[string]string{} // value → variable
	var head strings.Builder
	fmt.Fprintf(&head, "\\set c random(1, %d)\n", crowd)
	random := func() string {
		name := fmt.Sprintf("m%d", strings.Count(head.String(), "\n"))
		fmt.Fprintf(&head, "\\set %s random(1000000, 4000000000000000000)\n", name)
		return name
	}
	last := ""
	for _, one := range r.list { // ids first: what is stored in one statement is named in others
		for column, n := range one.columns() {
			if v := one.args[n]; slices.Contains(fresh, column) && v != "NULL" && made[v] == "" && column != "messages.seq" {
				made[v] = random()
				if column == "messages.id" {
					last = made[v] // the answer comes behind what it answers
				}
			}
		}
	}
	var body strings.Builder
	body.WriteString("\\startpipeline\n")
	for _, one := range r.list {
		columns := one.columns()
		text := param.ReplaceAllStringFunc(one.text, func(p string) string {
			n, _ := strconv.Atoi(p[1:])
			v := one.args[n-1]
			switch name := made[v]; {
			case v == "NULL", v == "''":
				return v
			case columns["messages.seq"] == n-1 && strings.HasPrefix(one.text, "INSERT INTO messages"):
				return ":" + random()
			case name != "":
				return ":" + name
			case v == quoted(r.conversation), strings.HasPrefix(v, `'\x`):
				return ":c"
			case r.messages[unquoted(v)]: // the message sent before, whose result this turn stores
				return ":prev"
			}
			i := slices.Index(values, unquoted(v))
			if i < 0 {
				i, values = len(values), append(values, unquoted(v))
			}
			return fmt.Sprintf(":v%d", i)
		})
		if text == "COMMIT" && one.own {
			body.WriteString("\\endpipeline\n")
		}
		body.WriteString(strings.ReplaceAll(text, "\n", " ") + ";\n")
		switch {
		case strings.HasPrefix(text, "INSERT INTO received"):
			body.WriteString("\\endpipeline\n\\startpipeline\n")
		case text == "COMMIT" && !one.own:
			body.WriteString("\\endpipeline\n")
		}
	}
	return head.String() + body.String() + "\\set prev :" + last + "\n", values
}

// columns are the places of an INSERT's arguments by "table.column", in their order.
func (l logged) columns() map[string]int {
	m := insert.FindStringSubmatch(l.text)
	if m == nil {
		return nil
	}
	names, values := strings.Split(m[2], ","), strings.Split(m[3], ",")
	out := map[string]int{}
	for i, name := range names {
		if i < len(values) {
			if n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(values[i]), "$")); err == nil {
				out[m[1]+"."+strings.TrimSpace(name)] = n - 1
			}
		}
	}
	return out
}

// multiply makes many copies of one resident with all they wrote and read; copy n goes by the id n, and is found by the address n.
func (s *server) multiply(conversation string) {
	s.t.Helper()
	const of = `SELECT id FROM messages WHERE conversation_id = '%[1]s'`
	for _, table := range []struct {
		name, where string
		other       map[string]string
	}{
		{"contacts", `id = (SELECT contact_id FROM conversations WHERE id = '%[1]s')`, map[string]string{"id": "nr::text"}},
		{"addresses", `id = (SELECT address_id FROM conversations WHERE id = '%[1]s')`,
			map[string]string{"id": "nr::text", "contact_id": "nr::text", "index_hmac": "convert_to(nr::text, 'UTF8')"}},
		{"conversations", `id = '%[1]s'`, map[string]string{"id": "nr::text", "contact_id": "nr::text", "address_id": "nr::text"}},
		{"messages", `conversation_id = '%[1]s'`, map[string]string{"id": "nr || '-' || id", "conversation_id": "nr::text",
			"cause": "nr || '-' || cause", "handle": "nr || '-' || handle"}},
		{"attempts", `message_id IN (` + of + `)`, map[string]string{"message_id": "nr || '-' || message_id"}},
		{"received", `message_id IN (` + of + `)`, map[string]string{"message_id": "nr || '-' || message_id", "provider_id": "nr || '-' || provider_id"}},
	} {
		rows, err := s.conn.Query(context.Background(), `SELECT column_name FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position`, table.name)
		if err != nil {
			s.t.Fatal(err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			s.t.Fatal(err)
		}
		from := make([]string, len(names))
		for i, name := range names {
			if from[i] = name; table.other[name] != "" {
				from[i] = table.other[name]
			}
		}
		s.exec(fmt.Sprintf(`INSERT INTO `+table.name+` (`+strings.Join(names, ", ")+`) SELECT `+strings.Join(from, ", ")+
			` FROM `+table.name+`, generate_series(1, %[2]d) AS copies (nr) WHERE `+table.where, conversation, crowd))
	}
	s.exec(`ANALYZE`)
	s.exec(`CHECKPOINT`)
}
