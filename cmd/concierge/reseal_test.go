package main_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// command is one beside a running serve; it has a minute.
func command(b *binary, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	b.t.Cleanup(cancel)
	c := exec.CommandContext(ctx, b.file, args...)
	c.Env = b.env
	return c
}

// fails runs a command that must refuse, and returns what it said.
func (b *binary) fails(args ...string) string {
	b.t.Helper()
	out, err := command(b, args...).CombinedOutput()
	if err == nil {
		b.t.Fatalf("concierge %s was taken:\n%s", strings.Join(args, " "), out)
	}
	return string(out)
}

func (b *binary) says(parts string, in string) {
	b.t.Helper()
	if !strings.Contains(in, parts) {
		b.t.Errorf("it does not say %q but:\n%s", parts, in)
	}
}

// On Postgres the operator changes CONCIERGE_SECRET, node by node. What a node kept under the old secret drains under the new.
func TestTheSecretOfPostgresIsChanged(t *testing.T) {
	t.Parallel()
	server := databasetest.StartServer(t)
	b := newBinary(t, database.SQLite, true, "CONCIERGE_DATABASE="+server.URL())
	env := b.env
	under := func(secret string) { b.env = append(env[:len(env):len(env)], "CONCIERGE_SECRET="+secret) }
	under(testSecret)
	b.run("migrate")
	b.start()
	sms := b.sms(t, "+447700900123")
	sms.says("hello")
	server.Stop()
	if status := sms.send(context.Background(), "menu"); status != http.StatusOK {
		t.Fatalf("the webhook answered %d", status)
	}
	_ = b.process.Process.Kill()
	_ = b.process.Wait()
	b.process = nil
	server.Start()
	const newer = "another secret, of 36 signs in whole"
	under(strings.ReplaceAll(newer, ",", "") + "," + testSecret)
	b.start()
	heard := len(b.ledger.Texts(sms.at))
	for deadline := time.Now().Add(30 * time.Second); len(b.ledger.Texts(sms.at)) == heard && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	sms.says("hello")
	b.says("`concierge reseal secret` first", b.fails("reseal", "--no-wait"))
	b.says("3 keys were wrapped anew", b.run("reseal", "secret"))
	b.stop()
	b.says("write the new one, a comma, and the old one", func() string { under(testSecret); return b.fails("reseal", "--no-wait") }())
	b.says("write the new one, a comma, and the old one", b.fails("serve"))
	under(strings.ReplaceAll(newer, ",", ""))
	b.start()
	b.says("has begun under data-2", b.run("reseal", "--no-wait"))
	b.says("goes on under data-2", b.run("reseal", "--no-wait"))
	b.says("data-2: walk 1, ", b.run("reseal", "status"))
	sms.says("hello")
}

// On SQLite the secret is a file, which the command changes; the old one goes once nothing needs it.
func TestTheSecretOfSQLiteIsChanged(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	b := newBinary(t, database.SQLite, true, "CONCIERGE_DATA="+data)
	secrets := func() [][]byte {
		text, err := os.ReadFile(filepath.Join(data, "secret"))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Split(bytes.TrimSpace(text), []byte(","))
	}
	b.start()
	sms := b.sms(t, "+447700900123")
	sms.says("hello")
	first := secrets()[0]
	b.says("Stop serve and run this again", b.run("reseal", "secret"))
	if both := secrets(); len(both) != 2 || !bytes.Equal(both[1], first) {
		t.Fatalf("%d secrets while serve runs", len(both))
	}
	sms.says("hello")
	b.says("stop the service first", b.fails("reseal", "index"))
	b.stop()
	b.says("holds the new one alone", b.run("reseal", "secret"))
	if one := secrets(); len(one) != 1 || bytes.Equal(one[0], first) {
		t.Fatalf("%d secrets afterwards", len(one))
	}
	b.says("The index of 1 addresses was made anew", b.run("reseal", "index"))
	b.start()
	sms.says("hello")
	b.stop()
	db, err := database.Open(context.Background(), database.Options{Folder: data})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.Read(context.Background(), func(tx *database.Tx) error {
		return tx.QueryRow(context.Background(), `SELECT COUNT(*) FROM conversations`).Scan(&n)
	}); err != nil || n != 1 {
		t.Errorf("one resident has %d conversations, %v", n, err)
	}
	if err := os.WriteFile(filepath.Join(data, "secret"), append(first, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	b.says("file secret of CONCIERGE_DATA", b.fails("serve"))
}
