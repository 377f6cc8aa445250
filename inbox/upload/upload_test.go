package upload_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/council"
	"concierge/inbox"
	"concierge/inbox/upload"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
	"concierge/internal/media"
	"concierge/internal/seal"
	"concierge/locales"
)

var ctx = context.Background()

const resident = "sms:+447700900777"

// desk is the page on a real database, with one resident who was sent links.
type desk struct {
	*testing.T
	db     *database.DB
	in     *inbox.Inbox
	got    *channeltest.Receiver
	c      *inbox.Conversation
	folder string
	url    string
	web    *http.Client
	from   string // X-Forwarded-For
}

func open(t *testing.T, db *database.DB) *desk {
	t.Helper()
	d := &desk{T: t, db: db, got: &channeltest.Receiver{}, folder: t.TempDir(),
		web: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	c, err := council.Load(council.Demo(), func(string) string { return "" })
	d.must(err)
	keys, err := seal.Load(ctx, db, []byte("a secret of the tests"))
	d.must(err)
	set, err := locales.Load(locales.Builtin())
	d.must(err)
	set = set.Telling(func(g locales.Gap) { t.Errorf("a gap in %s %s: %s %s", g.Tag, g.Key, g.Var, g.Why) })
	queue, err := jobs.New(db, nil, nil, nil)
	d.must(err)
	d.in = inbox.New(keys, set.Say, queue, inbox.Options{})
	store, err := media.OpenFolder(d.folder)
	d.must(err)
	t.Cleanup(func() { _ = store.Close() })
	page, err := upload.New(upload.Settings{DB: db, Inbox: d.in, Keys: keys, Receiver: d.got, Gate: media.NewGate(t.TempDir()), Media: store,
		Council: c, Locales: func() *locales.Set { return set }, Offered: func() []string { return []string{"en", "ur", "pl"} },
		Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	d.must(err)
	server := httptest.NewServer(page)
	t.Cleanup(server.Close)
	d.url = server.URL
	d.must(db.Write(ctx, func(tx *database.Tx) error {
		a, err := d.in.Arrive(ctx, tx, channels.Message{Channel: channels.SMS, Account: "us", ID: "first", Kind: channels.KindText,
			From: resident, To: "sms:+441215550199"}, database.NewID(), time.Now())
		d.c = a.Conversation
		return err
	}))
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// link makes a link for a question; its path.
func (d *desk) link(photo, place bool) string {
	d.Helper()
	var token string
	d.must(d.db.Write(ctx, func(tx *database.Tx) error {
		b := &database.Batch{}
		token = d.in.LinkUpload(b, d.c, inbox.Upload{Run: 7, Slot: "photo", Service: "pothole", Photo: photo, Place: place}, tx.Now())
		return tx.Run(ctx, b)
	}))
	return "/u/" + token
}

func (d *desk) exec(query string, args ...any) {
	d.Helper()
	d.must(d.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

// answer is what the page said.
type answer struct {
	code   int
	body   string
	header http.Header
}

func (d *desk) do(method, path, kind string, body io.Reader) answer {
	d.Helper()
	r, err := http.NewRequest(method, d.url+path, body)
	d.must(err)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if d.from != "" {
		r.Header.Set("X-Forwarded-For", d.from)
	}
	resp, err := d.web.Do(r)
	d.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	d.must(err)
	return answer{resp.StatusCode, string(text), resp.Header}
}

func (d *desk) get(path string) answer { return d.do("GET", path, "", nil) }

var tokenIn = regexp.MustCompile(`name="form" value="([^"]+)"`)

// part is one field of a form; file names make it a photo.
type part struct {
	name, file string
	text       []byte
}

func photos(all ...[]byte) (parts []part) {
	for i, one := range all {
		parts = append(parts, part{"photo", fmt.Sprintf("IMG_%d.jpg", i+1), one})
	}
	return parts
}

// post sends a form with the token the page gave.
func (d *desk) post(path string, parts ...part) answer {
	d.Helper()
	token := ""
	if found := tokenIn.FindStringSubmatch(d.get(path).body); found != nil {
		token = found[1]
	}
	kind, body := encode(append([]part{{"form", "", []byte(token)}}, parts...))
	return d.do("POST", path, kind, body)
}

func encode(parts []part) (kind string, body io.Reader) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q", p.name))
		if p.name == "photo" {
			h.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q; filename=%q", p.name, p.file))
			h.Set("Content-Type", "image/jpeg")
		}
		f, _ := w.CreatePart(h)
		_, _ = f.Write(p.text)
	}
	_ = w.Close()
	return w.FormDataContentType(), &b
}

// kept are the names in the photo store.
func (d *desk) kept() (names []string) {
	d.Helper()
	all, err := os.ReadDir(d.folder)
	d.must(err)
	for _, one := range all {
		names = append(names, one.Name())
	}
	return names
}

// shot is a photo; no two of other shades are alike.
func shot(shade byte) []byte {
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	return b.Bytes()
}

func each(t *testing.T, f func(*desk)) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) { f(open(t, db)) })
}

func TestTheLinkIsOpenedAndNothingChanges(t *testing.T) {
	each(t, func(d *desk) {
		path := d.link(true, true)
		for range 3 { // a messenger's preview, and the resident
			a := d.get(path)
			for _, want := range []string{`<html lang="en" dir="ltr">`, "Demo", "Pothole", "Send a photo", `type="file"`, "Use my position", `multiple`} {
				if a.code != 200 || !strings.Contains(a.body, want) {
					d.Fatalf("%d, and no %q in\n%s", a.code, want, a.body)
				}
			}
			for name, want := range map[string]string{"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer",
				"X-Robots-Tag": "noindex, nofollow, noarchive", "X-Content-Type-Options": "nosniff", "Set-Cookie": ""} {
				if got := a.header.Get(name); got != want {
					d.Errorf("%s is %q", name, got)
				}
			}
			if policy := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
				d.Errorf("the policy is %q", policy)
			}
		}
		if a := d.do("HEAD", path, "", nil); a.code != 200 || a.body != "" {
			d.Errorf("HEAD: %d", a.code)
		}
		for _, found := range regexp.MustCompile(`(?:href|src)="(/u/[a-z]+\.[0-9a-f]+\.[a-z]+)"`).FindAllStringSubmatch(d.get(path).body, -1) {
			if a := d.get(found[1]); a.code != 200 || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
				d.Errorf("%s: %d", found[1], a.code)
			}
		}
		d.exec(`UPDATE contacts SET language = 'ur'`)
		if a := d.get(path); !strings.Contains(a.body, `<html lang="ur" dir="rtl">`) {
			d.Error("not in the resident's language")
		}
		if a := d.get(path + "?lang=pl"); !strings.Contains(a.body, `<html lang="pl" dir="ltr">`) {
			d.Error("not in the language asked for")
		}
		if n := len(d.got.Messages()) + len(d.kept()); n != 0 {
			d.Errorf("looking changed %d things", n)
		}
	})
}

func TestAllLinksThatLeadNowhereAreAlike(t *testing.T) {
	each(t, func(d *desk) {
		good, ended := d.link(true, false), d.link(true, false)
		d.exec(`UPDATE uploads SET expires_at = $1 WHERE hash = $2`, time.Now().UTC().Add(-time.Second), seal.Digest(strings.TrimPrefix(ended, "/u/")))
		first := d.get("/u/1111111111111111111111")
		if first.code != 404 || !strings.Contains(first.body, "This link has ended. Write to us for a new one.") {
			d.Fatalf("%d %s", first.code, first.body)
		}
		kind, body := encode(photos(shot(1)))
		for name, a := range map[string]answer{"ended": d.get(ended), "none": d.get("/u/"), "short": d.get("/u/abc"), "with more": d.get(good + "/x"),
			"not base58": d.get("/u/000000000000000000000O"), "escaped": d.get("/u/%2e%2e%2ft"), "sent to": d.do("POST", ended, kind, body)} {
			if a.code != 404 || a.body != first.body {
				d.Errorf("%s: %d, and another page", name, a.code)
			}
		}
		if a := d.get(good); a.code != 200 {
			d.Errorf("the good one: %d", a.code)
		}
		d.exec(`DELETE FROM conversations`)
		if a := d.get(good); a.code != 404 || a.body != first.body {
			d.Errorf("of somebody erased: %d", a.code)
		}
		if n := len(d.got.Messages()) + len(d.kept()); n != 0 {
			d.Errorf("%d things came of it", n)
		}
	})
}

func TestPhotosGoTheWayOfAnyMessage(t *testing.T) {
	each(t, func(d *desk) {
		path := d.link(true, true)
		a := d.post(path, append(photos(shot(1), shot(2)), part{"lat", "", []byte("52.451")}, part{"lon", "", []byte("-1.9022")}, part{"metres", "", []byte("12")})...)
		if a.code != 303 || a.header.Get("Location") != path+"?lang=en&sent=photo" {
			d.Fatalf("%d %s", a.code, a.body)
		}
		if a := d.get(a.header.Get("Location")); a.code != 200 || !strings.Contains(a.body, "go back to your messages") || !strings.Contains(a.body, "Send another photo") {
			d.Errorf("%d %s", a.code, a.body)
		}
		all := d.got.Messages()
		if len(all) != 3 || len(d.kept()) != 2 {
			d.Fatalf("%d messages, %d photos", len(all), len(d.kept()))
		}
		hash := seal.Digest(strings.TrimPrefix(path, "/u/"))
		for n, m := range all {
			if m.From != resident || m.To != "sms:+441215550199" || m.Channel != channels.SMS || m.ID != fmt.Sprintf("upload:%s:%d", hash, n) || m.Text != "" {
				d.Errorf("came as %+v", m)
			}
		}
		if l := all[0].Location; all[0].Kind != channels.KindLocation || l == nil || l.Lat != 52.451 || l.Lon != -1.9022 || l.Metres != 12 {
			d.Errorf("the place came as %+v", all[0])
		}
		for i, m := range all[1:] {
			if m.Kind != channels.KindMedia || len(m.Media) != 1 || m.Media[0].Ref != "blob:"+d.blob(hash, i+1) || m.Album == "" || m.Album != all[1].Album {
				d.Errorf("a photo came as %+v", m)
			}
		}
		raw, err := os.ReadFile(d.folder + "/" + d.blob(hash, 1))
		if err != nil || bytes.Equal(raw, shot(1)) || !bytes.HasPrefix(raw, []byte("\xff\xd8")) {
			d.Errorf("it is kept as it came: %v", err)
		}
	})
}

func (d *desk) blob(hash string, n int) (name string) {
	d.Helper()
	d.must(d.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(ctx, `SELECT blob FROM upload_parts WHERE hash = $1 AND n = $2`, hash, n).Scan(&name)
	}))
	return name
}

func TestSentTwiceItIsThereOnce(t *testing.T) {
	each(t, func(d *desk) {
		path := d.link(true, false)
		var both sync.WaitGroup
		for range 4 {
			both.Go(func() {
				if a := d.post(path, photos(shot(1), shot(2))...); a.code != 303 {
					d.Errorf("%d %s", a.code, a.body)
				}
			})
		}
		both.Wait()
		if a := d.post(path, photos(shot(2), shot(3))...); a.code != 303 { // gone back, one changed
			d.Fatalf("%d", a.code)
		}
		ids := map[string]string{}
		for _, m := range d.got.Messages() {
			if old := ids[m.ID]; old != "" && old != m.Media[0].Ref {
				d.Errorf("%s is %s and %s", m.ID, old, m.Media[0].Ref)
			}
			ids[m.ID] = m.Media[0].Ref
		}
		if len(ids) != 3 || len(d.kept()) != 3 {
			d.Errorf("%d messages, %d photos kept", len(ids), len(d.kept()))
		}
		before := len(d.got.Messages())
		a := d.post(path, photos(shot(4))...)
		if page := d.get(path); len(d.got.Messages()) != before || len(d.kept()) != 3 || !strings.Contains(page.body, "We have enough photos") ||
			strings.Contains(page.body, "<form") {
			d.Errorf("a fourth: %d, %d photos kept, %s", a.code, len(d.kept()), page.body)
		}
	})
}

func TestWhatWeCannotStoreIsSentOnceMore(t *testing.T) {
	each(t, func(d *desk) {
		path := d.link(true, false)
		d.got.Fail(errors.New("no disk"))
		if a := d.post(path, photos(shot(1))...); a.code != 503 || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Try again") {
			d.Fatalf("%d %s", a.code, a.body)
		}
		d.got.Fail(nil)
		if a := d.post(path, photos(shot(1))...); a.code != 303 || len(d.got.Messages()) == 0 || len(d.kept()) != 1 {
			d.Errorf("%d, %d messages, %d photos", a.code, len(d.got.Messages()), len(d.kept()))
		}
	})
}

func TestAPlaceAlone(t *testing.T) {
	each(t, func(d *desk) {
		path := d.link(false, true)
		if a := d.get(path); !strings.Contains(a.body, "Show us where it is") || strings.Contains(a.body, `type="file"`) || !strings.Contains(a.body, "<noscript>") {
			d.Fatal(a.body)
		}
		at := func(lat, lon string) []part { return []part{{"lat", "", []byte(lat)}, {"lon", "", []byte(lon)}} }
		for _, bad := range [][2]string{{"91", "0"}, {"0", "181"}, {"NaN", "0"}, {"1", ""}, {"x", "y"}} {
			if a := d.post(path, at(bad[0], bad[1])...); a.code != 400 {
				d.Errorf("%v: %d", bad, a.code)
			}
		}
		if a := d.post(path, at("", "")...); a.code != 422 || !strings.Contains(a.body, "Write the place in your messages") {
			d.Errorf("nothing: %d", a.code)
		}
		if a := d.post(path, photos(shot(1))...); a.code != 422 || len(d.kept()) != 0 {
			d.Errorf("a photo where none is asked: %d", a.code)
		}
		for range 2 {
			if a := d.post(path, at("52.451", "-1.9")...); a.code != 303 || !strings.Contains(a.header.Get("Location"), "sent=place") {
				d.Errorf("%d %s", a.code, a.body)
			}
		}
		if all := d.got.Messages(); len(all) != 2 || all[0].ID != all[1].ID || all[0].Kind != channels.KindLocation {
			d.Errorf("%+v", all)
		}
		if a := d.post(d.link(true, false), append(photos(shot(1)), at("52", "-1")...)...); a.code != 422 || len(d.kept()) != 0 {
			d.Errorf("a place where none is asked: %d", a.code)
		}
	})
}

func TestHostilePhotosAreRefusedInPlainWords(t *testing.T) {
	flat := func(w, h int) []byte {
		var b bytes.Buffer
		_ = png.Encode(&b, image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black}))
		return b.Bytes()
	}
	const large, unread = "That photo is too large. Choose a smaller one", "We cannot read that file. Choose a JPEG, PNG or WebP photo."
	wide := flat(10, 10) // its header says 20,000 × 20,000
	binary.BigEndian.PutUint32(wide[16:], 20000)
	binary.BigEndian.PutUint32(wide[20:], 20000)
	binary.BigEndian.PutUint32(wide[29:], crc32.ChecksumIEEE(wide[12:29]))
	heic := append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), make([]byte, 100)...)
	each(t, func(d *desk) {
		path := d.link(true, false)
		for _, c := range []struct {
			name, want string
			raw        []byte
		}{
			{"a small file of many pixels", large, flat(9000, 9000)}, {"20000 x 20000", large, wide}, {"over ten megabytes", large, append(shot(1), make([]byte, media.MaxBytes)...)},
			{"a picture that is a script", unread, []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)},
			{"a web page", unread, []byte("<html><script>alert(1)</script></html>")}, {"cut off", unread, shot(1)[:150]}, {"empty", unread, nil},
			{"a program", unread, []byte("\x7fELF\x02\x01\x01")}, {"as an iPhone keeps it", unread, heic},
		} {
			a := d.post(path, append(photos(shot(1)), part{"photo", "<b>2.jpg", c.raw})...)
			if a.code != 422 || !strings.Contains(a.body, c.want) || !strings.Contains(a.body, "Nothing was sent") || !strings.Contains(a.body, "&lt;b&gt;2.jpg") ||
				strings.Contains(a.body, "<b>2") || !strings.Contains(a.body, `role="alert"`) {
				d.Errorf("%s: %d %s", c.name, a.code, a.body)
			}
			if n := len(d.got.Messages()) + len(d.kept()); n != 0 {
				d.Fatalf("%s: %d things were kept", c.name, n)
			}
		}
	})
}

func TestFormsThatAreNone(t *testing.T) {
	each(t, func(d *desk) {
		path := d.link(true, false)
		token := tokenIn.FindStringSubmatch(d.get(path).body)[1]
		other := tokenIn.FindStringSubmatch(d.get(d.link(true, false)).body)[1]
		form := func(parts ...part) answer { kind, body := encode(parts); return d.do("POST", path, kind, body) }
		own := part{"form", "", []byte(token)}
		kind, whole := encode(append([]part{own}, photos(shot(1))...))
		raw, err := io.ReadAll(whole)
		d.must(err)
		many := []part{own}
		for range 20 {
			many = append(many, part{"lat", "", nil})
		}
		huge := append([]part{own}, photos(bytes.Repeat([]byte("x"), 13*media.MaxBytes))...)
		for _, c := range []struct {
			name string
			code int
			a    answer
		}{
			{"no token", 403, form(photos(shot(1))...)}, {"another link's", 403, form(append([]part{{"form", "", []byte(other)}}, photos(shot(1))...)...)},
			{"a token that comes last", 403, form(append(photos(shot(1)), own)...)}, {"nothing at all", 403, form()},
			{"nothing chosen", 422, form(own, part{"photo", "", nil})}, {"four photos", 422, form(append([]part{own}, photos(shot(1), shot(2), shot(3), shot(4))...)...)},
			{"many fields", 400, form(many...)}, {"another kind", 400, d.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader("form="+token))},
			{"no boundary", 400, d.do("POST", path, "multipart/form-data", strings.NewReader("x"))},
			{"cut off", 400, d.do("POST", path, kind, bytes.NewReader(raw[:len(raw)/2]))}, {"a flood", 413, form(huge...)},
			{"PUT", 405, d.do("PUT", path, "", nil)}, {"DELETE", 405, d.do("DELETE", path, "", nil)},
		} {
			if c.a.code != c.code {
				d.Errorf("%s: %d, not %d: %.300s", c.name, c.a.code, c.code, c.a.body)
			}
			if n := len(d.got.Messages()) + len(d.kept()); n != 0 {
				d.Fatalf("%s: %d things were kept", c.name, n)
			}
		}
		if a := form(own, part{"photo", "", nil}); !strings.Contains(a.body, "Choose a photo first.") {
			d.Error("nothing chosen is not said")
		}
	})
}

func TestTriesOfOneNetworkAreBounded(t *testing.T) {
	each(t, func(d *desk) {
		path := d.link(true, false)
		d.from = "203.0.113.9"
		refused := 0
		for range 70 {
			if a := d.get("/u/1111111111111111111111"); a.code == 429 {
				refused++
				if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Wait a minute, then try again.") {
					d.Fatal(a.body)
				}
			}
		}
		if refused != 10 {
			d.Errorf("%d of 70 tries were refused", refused)
		}
		if a := d.get(path); a.code != 429 {
			d.Errorf("whoever tries so often reads on: %d", a.code)
		}
		d.from = "203.0.113.10"
		if a := d.get(path); a.code != 200 {
			d.Errorf("somebody else: %d", a.code)
		}
	})
}
