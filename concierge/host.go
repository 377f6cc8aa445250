package concierge

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/council"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/jobs"
	"concierge/internal/media"
	"concierge/internal/phrase"
	"concierge/internal/seal"
	"concierge/internal/spool"
	"concierge/places"
)

// Engine takes turns; *dialog.Engine does.
type Engine interface {
	Turn(ctx context.Context, look dialog.Lookup, s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event)
}

// Languages is what the host asks of locales.
type Languages interface {
	// Match finds the offered language a channel's unchecked tag means.
	Match(hint string) (tag string, ok bool)
	// Draft tells whether a language's words still wait for a native reader.
	Draft(tag string) bool
	// Words are what a language understands under a key, and Keys the keys under a prefix.
	Words(tag, key string) []string
	Keys(tag, prefix string) []string
	// Tags are the languages there are, the source first.
	Tags() []string
}

// Settings are all the host needs. Those that may be nil or zero say so.
type Settings struct {
	DB        *database.DB
	Keys      *seal.Keys
	Inbox     *inbox.Inbox
	Handoffs  *inbox.Handoffs
	Cases     *cases.Cases
	Council   *council.Council
	Places    *places.Index
	Languages func() Languages                           // asked at each turn: files may be edited while we serve
	Outside   func(lang string) (before, after []string) // words around a place in a sentence; may be nil
	Channels  map[channels.Name]channels.Channel         // may be filled until Start
	Queue     jobs.Queue
	Media     media.Store
	Photos    *media.Gate                     // this process's one; nil makes one
	Spool     *spool.Spool                    // keeps what comes while the database is slow or away; nil: then providers are told to come again
	PublicURL string                          // without a final slash: links in messages begin with it
	Rates     map[channels.Name]float64       // messages a second and sender; 0 or missing is no limit
	Each      map[channels.Name]time.Duration // how far apart messages to one person must be on average; 0 or missing is no limit
	Node      string                          // this node's name in leases; "" makes one
	Version   string                          // of this program, for the list of nodes
	FeedWake  func()                          // called after a commit that appended to the feed; may be nil
	Log       *slog.Logger                    // may be nil
	Metrics   *Metrics                        // may be nil
	Now       func() time.Time                // for durations within this process; the database's clock rules all else. nil is time.Now
	Seed      func() int                      // where a new session's run numbers start; may be nil
	NewID     func() string                   // nil is database.NewID
}

// Host is the concierge. It meets channels.Receiver.
type Host struct {
	s        Settings
	engine   atomic.Pointer[Engine]
	out      *outbox
	purse    *inbox.Purse // nil: nothing is counted
	receipts *receipts
	intake   *intake // nil without a spool
	sweeper  *sweeper
	feedSoon atomic.Bool  // live pages will be told within a moment
	vars     []phrase.Var // what every line may name: Council, Phone, Privacy
}

var _ channels.Receiver = (*Host)(nil)

// New makes a host that is not started yet. SetEngine must be called before the first message.
func New(s Settings) *Host {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.NewID == nil {
		s.NewID = database.NewID
	}
	if s.Seed == nil {
		s.Seed = func() int { return rand.IntN(1_000_000) }
	}
	if s.Node == "" {
		s.Node = s.NewID()
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Metrics == nil {
		s.Metrics = NewMetrics()
	}
	if s.Photos == nil {
		s.Photos = media.NewGate("")
	}
	h := &Host{s: s, purse: purseOf(s.Council)}
	h.vars = h.common()
	h.out = newOutbox(h)
	h.receipts = &receipts{h: h}
	h.intake = newIntake(h)
	h.sweeper = newSweeper(h)
	return h
}

// Start begins to send what is written. Messages may be received before: they are sent when it has started.
func (h *Host) Start(context.Context) error {
	h.out.start()
	h.receipts.start()
	h.intake.start()
	h.sweeper.start()
	return nil
}

// Stop marks nothing more and lets sends in hand finish, as long as ctx allows; their results are stored. Receivers must have
// stopped before.
func (h *Host) Stop(ctx context.Context) error {
	h.sweeper.stop()
	h.intake.stop(ctx)
	h.receipts.stop(ctx)
	h.out.stop(ctx)
	return nil
}

// SetEngine swaps the engine: turns from now on are taken by it.
func (h *Host) SetEngine(e Engine) { h.engine.Store(&e) }
