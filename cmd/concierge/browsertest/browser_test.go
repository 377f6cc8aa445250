package browsertest

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe.min.js
var axe string

// browser is the one this machine has; none skips, and fails in CI.
func browser(t *testing.T) string {
	t.Helper()
	if b := os.Getenv("CONCIERGE_TEST_BROWSER"); b != "" {
		return b
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const how = "no browser on this machine: apt-get install chromium fonts-liberation fonts-noto-core, or set CONCIERGE_TEST_BROWSER"
	if os.Getenv("CI") == "true" {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

// site is a concierge that serves the demo on SQLite.
type site struct {
	url, desk string // desk is the one-time sign-in link
	data      string // its folder
	began     time.Time
}

func serve(t *testing.T) *site {
	t.Helper()
	file := filepath.Join(t.TempDir(), "concierge")
	build := exec.Command("go", "build", "-trimpath", "-o", file, "concierge/cmd/concierge")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000)) // below the ports that outgoing connections take
	s := &site{url: "http://" + address, data: t.TempDir(), began: time.Now()}
	var out output
	p := exec.Command(file, "serve")
	p.Env = append(os.Environ(), "CONCIERGE_LISTEN="+address, "CONCIERGE_PUBLIC_URL="+s.url, "CONCIERGE_DATA="+s.data)
	p.Stdout, p.Stderr = &out, &out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil {
			t.Errorf("serve ended with %v\n%s", err, out.String())
		}
	})
	link := regexp.MustCompile(`http://\S+/desk/welcome/\S+`)
	for time.Since(s.began) < 20*time.Second {
		if s.desk = link.FindString(out.String()); s.desk != "" {
			if resp, err := http.Get(s.url + "/readyz"); err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK {
				return s
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("not ready after 20 s:\n%s", out.String())
	return nil
}

type output struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// open starts the browser; each tab of its is a visitor of its own.
func open(t *testing.T) context.Context {
	t.Helper()
	path := browser(t)
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, done := chromedp.NewContext(ctx)
	t.Cleanup(done)
	must(t, chromedp.Do(ctx)) // starts it
	return ctx
}

// visitor is a tab with cookies of its own, and what its pages complained of.
type visitor struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

func newVisitor(t *testing.T, browser context.Context) *visitor {
	t.Helper()
	ctx, done := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(done)
	ctx, cancel := context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(cancel)
	v := &visitor{t: t, ctx: ctx}
	v.do() // opens the tab
	must(t, chromedp.Listen(ctx, v.hear))
	return v
}

// hear writes down what a page complains of: errors of scripts, and what its policy of content refused.
func (v *visitor) hear(event any) {
	said := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		said = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			said = string(e.Entry.Source) + ": " + e.Entry.Text + " " + e.Entry.URL
		}
	}
	if said == "" {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.complaints = append(v.complaints, said)
}

// quiet fails when a page complained.
func (v *visitor) quiet() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, said := range v.complaints {
		v.t.Errorf("the page complained: %s", said)
	}
	v.complaints = nil
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	must(v.t, chromedp.Do(v.ctx, steps...))
}

// look sets the width and the colours wished for.
func (v *visitor) look(width int64, scheme string) {
	v.t.Helper()
	v.do(chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	}))
}

func (v *visitor) js(script string) {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Evaluate[float64]("(()=>{"+script+"})();0")); err != nil {
		v.t.Fatalf("%s: %v", script, err)
	}
}

// patience is how long a page may take to stand.
const patience = 30 * time.Second

// visit opens a page and waits until it stands and its heading shows. It asks the page itself: the events by which the browser's driver
// would know are lost now and then when the machine is busy, and it waits for ever.
func (v *visitor) visit(url string) {
	v.t.Helper()
	v.js(`window.left = true`) // a page that comes instead does not have it
	v.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		done, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: url})
		if err == nil && done.ErrorText != "" {
			err = fmt.Errorf("open %s: %s", url, done.ErrorText)
		}
		return err
	}))
	v.until(`!window.left && document.readyState === 'complete' && document.querySelector('h1')?.getClientRects().length`)
}

// forget drops what was complained of so far.
func (v *visitor) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.complaints = nil
}

// until waits for a condition on the page.
func (v *visitor) until(condition string) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		if ok, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool]("!!("+condition+")")); err == nil && ok {
			return
		}
	}
	body, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`location.href + " " + document.readyState + "\n" + document.body.innerText`))
	v.picture("failed")
	v.t.Fatalf("never: %s\n%s", condition, body)
}

// picture keeps a screenshot where CONCIERGE_TEST_PICTURES says, for eyes.
func (v *visitor) picture(name string) {
	folder := os.Getenv("CONCIERGE_TEST_PICTURES")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	must(v.t, err)
}

const runAxe = `axe.run({runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r => r.violations.map(v =>
	v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.any.map(a => a.message).join('; ').slice(0, 160)).slice(0, 3).join(' | ')).join('\n'))`

// violations is what axe-core finds on the page, "" nothing.
func (v *visitor) violations() string {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Evaluate[float64](axe+";0")); err != nil {
		v.t.Fatalf("axe: %v", err)
	}
	found, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](runAxe, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("axe: %v", err)
	}
	return found
}

// inspect fails on what axe-core finds, and on a page that scrolls sideways.
func (v *visitor) inspect(name string, width int64) {
	v.t.Helper()
	if found := v.violations(); found != "" {
		v.t.Errorf("%s: %s", name, found)
	}
	wide, err := chromedp.Run(v.ctx, chromedp.Evaluate[float64](`document.documentElement.scrollWidth`))
	must(v.t, err)
	if int64(wide) > width {
		v.t.Errorf("%s: the page is %d wide and scrolls sideways", name, int64(wide))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fmt.Errorf("browser: %w", err))
	}
}
