package main_test

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/council"
	"concierge/internal/database"
)

// TestAbuse is what strangers may do to a council's phone bill, through the release binary and strict providers: `make abuse` prints it.
func TestAbuse(t *testing.T) {
	t.Run("echo", func(t *testing.T) { t.Parallel(); echoLoops(t) })
	t.Run("prefixes", func(t *testing.T) { t.Parallel(); otherPrefixes(t) })
	t.Run("cap", func(t *testing.T) { t.Parallel(); spendingCap(t) })
}

// mostReplies is how many answers a machine may get that sends us our own words.
const mostReplies = 3

// echoLoops answers every message with that message, as a badly set up machine does, on each channel.
func echoLoops(t *testing.T) {
	b := newBinary(t, database.SQLite, true, altered(t)...)
	b.start()
	for _, k := range []*talk{b.sms(t, "+447700900401"), b.whatsapp(t, "+447700900402"), b.chat(t, 5550403, "en")} {
		k.says("big pothole outside 12 Stratford Road")
		first := k.settled()
		for at := 0; at < len(b.ledger.Accepted(k.at)) && at < 60; at++ {
			k.send(context.Background(), b.ledger.Accepted(k.at)[at].Text)
			if at+1 == len(b.ledger.Accepted(k.at)) {
				k.settled()
			}
		}
		replies := k.settled() - first
		t.Logf("abuse echo      %-9s %d replies to our own words (at most %d)", k.at.Kind(), replies, mostReplies)
		if replies > mostReplies {
			t.Errorf("%s:\n%s", k.at.Kind(), strings.Join(b.ledger.Texts(k.at)[first:], "\n---\n"))
		}
	}
}

// settled waits until nothing new has come for longer than any reply is held, and tells how much there is.
func (k *talk) settled() int {
	n := -1
	for still := 0; still < 40; still++ {
		if now := len(k.b.ledger.Accepted(k.at)); now != n {
			n, still = now, 0
		}
		time.Sleep(100 * time.Millisecond)
	}
	return n
}

// otherPrefixes writes from numbers we must not write to.
func otherPrefixes(t *testing.T) {
	b := newBinary(t, database.SQLite, true, altered(t)...)
	b.start()
	from := []string{"+12025550123", "+353851234567", "+449011234567", "+448712345678", "60777", "+4407700900123", "whatsapp:+12025550123"}
	for _, f := range from {
		for _, words := range []string{"hello", "pothole", "person", "I smell gas"} {
			if status := b.twilio.Inbound(context.Background(), channeltest.Inbound{From: f, Body: words}); status != http.StatusOK {
				t.Errorf("a message from another country is answered %d", status)
			}
		}
	}
	ok := b.sms(t, "+447700900404")
	ok.says("hello")
	ok.settled()
	sent := 0
	for _, e := range b.ledger.Entries(0) {
		if e.Call == "CreateMessage" && channels.Address(e.To) != ok.at { // asked or accepted
			sent++
		}
	}
	t.Logf("abuse prefixes  %d sends to %d numbers outside the council's countries (0)", sent, len(from))
	if sent > 0 {
		t.Error("a number was written to that must not be")
	}
}

// spendingCap lets two nodes on one Postgres spend a day's money at once.
func spendingCap(t *testing.T) {
	const parts, residents = 25, 60
	b := newBinary(t, database.Postgres, true, altered(t, "sms: 40,", "sms: "+strconv.FormatFloat(parts*0.04, 'f', 2, 64)+",")...)
	nodes := make([]*url.URL, 2)
	for i := range nodes {
		node := *b
		node.url, node.log = "http://"+freePort(t), &lockedBuffer{}
		node.env = append(node.env[:len(node.env):len(node.env)], "CONCIERGE_LISTEN="+strings.TrimPrefix(node.url, "http://"), "CONCIERGE_DATA="+t.TempDir())
		node.start()
		nodes[i], _ = url.Parse(node.url)
	}
	var turn atomic.Int64
	front := &http.Server{ReadHeaderTimeout: time.Second, Handler: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(nodes[turn.Add(1)%2])
	}}}
	l, err := net.Listen("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = front.Serve(l) }()
	t.Cleanup(func() { _ = front.Close() })

	var all sync.WaitGroup
	for n := range residents {
		all.Go(func() {
			b.twilio.Inbound(context.Background(), channeltest.Inbound{From: fmt.Sprintf("+4477009005%02d", n), Body: "pothole"})
		})
	}
	all.Wait()
	db := b.database()
	for waited := 0; ; waited++ {
		var left, turned int
		err := db.Read(context.Background(), func(tx *database.Tx) error {
			return tx.QueryRow(context.Background(), `SELECT COUNT(*) FILTER (WHERE status IN ('queued', 'sending') AND reason <> 'spent'),
				COUNT(*) FILTER (WHERE inbound AND taken = 'taken') FROM messages`).Scan(&left, &turned)
		})
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 && turned == residents {
			break
		}
		if waited > 600 {
			t.Fatalf("after a minute %d wait, %d of %d were read", left, turned, residents)
		}
		time.Sleep(100 * time.Millisecond)
	}
	sent, longest, messages := 0, 0, 0
	for _, e := range b.ledger.Entries(0) {
		if e.What != channeltest.Accepted {
			continue
		}
		_, n, _ := channels.Segments(e.Text)
		sent, longest, messages = sent+n, max(longest, n), messages+1
	}
	over := 0
	for left := sent; left > parts; left -= longest {
		over++
	}
	t.Logf("abuse cap       %d parts for %d of money, %d messages, two nodes on Postgres: over by %d message (at most 1)", sent, parts, messages, over)
	if over > 1 || sent < parts {
		t.Errorf("sent %d parts where the cap is %d", sent, parts)
	}
}

// database opens the binary's Postgres.
func (b *binary) database() *database.DB {
	b.t.Helper()
	at := ""
	for _, v := range b.env {
		if name, value, _ := strings.Cut(v, "="); name == "CONCIERGE_DATABASE" {
			at = value
		}
	}
	db, err := database.Open(context.Background(), database.Options{URL: at, PoolSize: 2})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = db.Close() })
	return db
}

// altered is the environment of a council like the demo's, whose senders may send as fast as they can, with some text replaced.
func altered(t *testing.T, replace ...string) []string {
	t.Helper()
	folder := t.TempDir()
	data, err := fs.ReadFile(council.Demo(), "council.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	replace = append(replace, "\nchannels:\n", "\nchannels:\n  rates: {sms: 1000, whatsapp: 1000, telegram: 1000}\n")
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the demo's council.yaml has no %q", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	if err := os.WriteFile(filepath.Join(folder, "council.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"CONCIERGE_COUNCIL=" + folder}
}
