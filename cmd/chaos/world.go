package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"concierge/channels/channeltest"
)

// world is one system under test: a database, its nodes, and between them and the residents the fakes of both providers.
type world struct {
	dir      string
	engine   string
	postgres *postgres // nil on SQLite
	proxy    *proxy    // between nodes and Postgres; nil unless planned
	nodes    []*node
	ledger   *channeltest.Ledger
	twilio   *channeltest.Twilio
	telegram *channeltest.Telegram
	rand     *rand.Rand // for what no concurrent part draws
	turn     atomic.Int64
	people   atomic.Int64
	cells    []int // of the city, shuffled: each report has a place of its own

	mu     sync.Mutex
	faults []time.Time // when something was broken
}

// plan says what kind of world a row wants.
type plan struct {
	binary, engine string
	tagged         bool // the binary has crash points
	proxied        bool // nodes reach Postgres through a proxy
	nodes          int
	seed           uint64
	twilio         channeltest.TwilioOptions
	telegram       channeltest.TelegramOptions
}

const secret = "0123456789abcdef0123456789abcdef"

// newWorld starts everything; the caller closes it.
func newWorld(p plan) (_ *world, err error) {
	w := &world{engine: p.engine, ledger: channeltest.NewLedger(nil), rand: rand.New(rand.NewPCG(p.seed, 1))} //nolint:gosec // a run repeats from its seed
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.cells = w.rand.Perm(rows * columns)
	if w.dir, err = os.MkdirTemp("", "chaos"); err != nil {
		return nil, err
	}
	if err = quickCouncil(filepath.Join(w.dir, "council")); err != nil {
		return nil, err
	}
	env := append(os.Environ(), "CONCIERGE_LOG=info", "CONCIERGE_COUNCIL="+filepath.Join(w.dir, "council"),
		"CONCIERGE_TWILIO_ACCOUNT_SID="+channeltest.TwilioAccount, "CONCIERGE_TWILIO_AUTH_TOKEN="+channeltest.TwilioToken,
		"CONCIERGE_TWILIO_SMS_FROM="+channeltest.TwilioSMS, "CONCIERGE_TWILIO_WHATSAPP_FROM="+channeltest.TwilioWhatsApp,
		"CONCIERGE_TELEGRAM_TOKEN="+channeltest.TelegramToken, "CONCIERGE_TELEGRAM_SECRET="+channeltest.TelegramSecret)
	if p.engine == "postgres" {
		if w.postgres, err = newPostgres(); err != nil {
			return nil, err
		}
		database := w.postgres.url()
		if p.proxied {
			if w.proxy, err = newProxy(w.postgres.folder); err != nil {
				return nil, err
			}
			database = addressOf(w.proxy.folder, "postgres")
		}
		env = append(env, "CONCIERGE_DATABASE="+database, "CONCIERGE_SECRET="+secret)
	}
	for n := range p.nodes {
		address, err := freeAddress(rand.IntN)
		if err != nil {
			return nil, err
		}
		w.nodes = append(w.nodes, &node{binary: p.binary, url: "http://" + address, folder: filepath.Join(w.dir, fmt.Sprint("node", n)), log: filepath.Join(w.dir, fmt.Sprint("node", n, ".log"))})
	}
	public := w.nodes[0].url
	t, g := p.twilio, p.telegram
	t.PublicURL, t.Deliver, t.Ledger, t.Lift, t.MostCallsAtOnce, t.Seed = public, w.deliver, w.ledger, true, 1000, p.seed
	g.PublicURL, g.Deliver, g.Ledger, g.Lift, g.Seed, g.MostPause = public, w.deliver, w.ledger, true, p.seed, 5*time.Second
	w.twilio, w.telegram = channeltest.NewTwilio(t), channeltest.NewTelegram(g)
	for _, n := range w.nodes {
		n.env = append(env[:len(env):len(env)], "CONCIERGE_LISTEN="+strings.TrimPrefix(n.url, "http://"), "CONCIERGE_PUBLIC_URL="+public,
			"CONCIERGE_DATA="+n.folder, "CONCIERGE_TWILIO_API_URL="+w.twilio.URL(), "CONCIERGE_TELEGRAM_API_URL="+w.telegram.URL())
		if p.tagged {
			n.order = n.folder + ".point"
			n.env = append(n.env, "CONCIERGE_TEST_POINT=@"+n.order, "CONCIERGE_TEST_POINT_LOG="+w.passed())
		}
	}
	if w.postgres != nil {
		if _, err := w.nodes[0].run(nil, "migrate"); err != nil {
			return nil, err
		}
	}
	for _, n := range w.nodes {
		if err := n.start(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// deliver is the load balancer: the nodes that are up, in turn.
func (w *world) deliver() string {
	first := int(w.turn.Add(1))
	for i := range w.nodes {
		if n := w.nodes[(first+i)%len(w.nodes)]; n.up.Load() {
			return n.url
		}
	}
	return w.nodes[0].url
}

// broke writes down that something was broken now.
func (w *world) broke() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.faults = append(w.faults, now)
	return now
}

// open opens the database beside the nodes, as an auditor would.
func (w *world) open() (*sql.DB, error) {
	if w.postgres != nil {
		return sql.Open("pgx", w.postgres.url())
	}
	return sql.Open("sqlite", "file:"+w.sqliteFile()+"?_pragma=busy_timeout(5000)")
}

// passed is the file that crash points are written to as they are passed.
func (w *world) passed() string { return filepath.Join(w.dir, "passed") }

func (w *world) sqliteFile() string {
	found, _ := filepath.Glob(filepath.Join(w.nodes[0].folder, "*.db"))
	if len(found) == 0 {
		return filepath.Join(w.nodes[0].folder, "concierge.db")
	}
	return found[0]
}

func (w *world) close() {
	for _, n := range w.nodes {
		if n.proc != nil && !n.dead() {
			_ = n.kill()
		}
	}
	if w.twilio != nil {
		w.twilio.Close()
		w.telegram.Close()
	}
	if w.proxy != nil {
		w.proxy.close()
	}
	if w.postgres != nil {
		w.postgres.down()
	}
}

// forget removes what the run left; after a broken promise it stays to be looked at.
func (w *world) forget() {
	_ = os.RemoveAll(w.dir)
	if w.postgres != nil {
		_ = os.RemoveAll(w.postgres.folder)
	}
}
