package main_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"concierge/channels/channeltest"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// workshop is a folder that goes with the tests.
var workshop string

func TestMain(m *testing.M) {
	var err error
	if workshop, err = os.MkdirTemp("", "concierge-binary"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(workshop)
	os.Exit(code)
}

// built is the release binary, made once for all tests that drive it.
var built = sync.OnceValues(func() (string, error) {
	file := filepath.Join(workshop, "concierge")
	build := exec.Command("go", "build", "-trimpath", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return file, nil
})

// binary is the concierge as an operator starts it, between strict fakes of both providers.
type binary struct {
	t        testing.TB
	file     string
	env      []string
	url      string
	twilio   *channeltest.Twilio
	telegram *channeltest.Telegram
	ledger   *channeltest.Ledger
	log      *lockedBuffer
	process  *exec.Cmd
}

const testSecret = "0123456789abcdef0123456789abcdef"

// newBinary prepares the binary on an engine, with Twilio and Telegram configured. lift takes the fakes' limits of pace away.
func newBinary(t testing.TB, e database.Engine, lift bool, extra ...string) *binary {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	b := &binary{t: t, file: file, log: &lockedBuffer{}, ledger: channeltest.NewLedger(nil)}
	b.url = "http://" + freePort(t)
	b.twilio = channeltest.NewTwilio(channeltest.TwilioOptions{PublicURL: b.url, Ledger: b.ledger, Fail: t.Errorf, Lift: lift, MostCallsAtOnce: 1000})
	t.Cleanup(b.twilio.Close)
	b.telegram = channeltest.NewTelegram(channeltest.TelegramOptions{PublicURL: b.url, Ledger: b.ledger, Fail: t.Errorf, Lift: lift})
	t.Cleanup(b.telegram.Close)
	b.env = append(os.Environ(),
		"CONCIERGE_LISTEN="+strings.TrimPrefix(b.url, "http://"), "CONCIERGE_PUBLIC_URL="+b.url, "CONCIERGE_DATA="+t.TempDir(),
		"CONCIERGE_TWILIO_ACCOUNT_SID="+channeltest.TwilioAccount, "CONCIERGE_TWILIO_AUTH_TOKEN="+channeltest.TwilioToken,
		"CONCIERGE_TWILIO_SMS_FROM="+channeltest.TwilioSMS, "CONCIERGE_TWILIO_WHATSAPP_FROM="+channeltest.TwilioWhatsApp,
		"CONCIERGE_TWILIO_API_URL="+b.twilio.URL(), "CONCIERGE_TELEGRAM_TOKEN="+channeltest.TelegramToken,
		"CONCIERGE_TELEGRAM_SECRET="+channeltest.TelegramSecret, "CONCIERGE_TELEGRAM_API_URL="+b.telegram.URL(), "CONCIERGE_LOG=info")
	if e == database.Postgres {
		b.env = append(b.env, "CONCIERGE_DATABASE="+databasetest.StartPostgres(t, true), "CONCIERGE_SECRET="+testSecret)
	}
	b.env = append(b.env, extra...)
	if e == database.Postgres {
		b.run("migrate")
	}
	return b
}

// start serves and returns how long it took to be ready.
func (b *binary) start() time.Duration {
	b.t.Helper()
	began := time.Now()
	b.process = exec.Command(b.file, "serve")
	b.process.Env, b.process.Stdout, b.process.Stderr = b.env, b.log, b.log
	if err := b.process.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(b.stop)
	for time.Since(began) < 20*time.Second {
		resp, err := http.Get(b.url + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(began)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.t.Fatalf("not ready after 20 s:\n%s", b.log)
	return 0
}

// stop asks it to stop, and waits for it.
func (b *binary) stop() {
	if b.process == nil {
		return
	}
	p := b.process
	b.process = nil
	_ = p.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- p.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			b.t.Errorf("serve ended with %v:\n%s", err, b.log)
		}
	case <-time.After(12 * time.Second):
		_ = p.Process.Kill()
		b.t.Errorf("serve did not stop within 12 s:\n%s", b.log)
	}
}

// run runs a command beside a running serve and returns what it printed.
func (b *binary) run(args ...string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, b.file, args...)
	c.Env = b.env
	out, err := c.CombinedOutput()
	if err != nil {
		b.t.Fatalf("concierge %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// freePort is an address nobody listens on, below the ports that outgoing connections take meanwhile.
func freePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}

// lockedBuffer collects a process's output.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
