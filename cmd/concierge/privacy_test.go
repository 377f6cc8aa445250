package main_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// What nobody may find again. Each is unlike anything else there is.
const (
	canaryPhones   = "77009009"    // how every number of theirs begins, behind +44
	canaryPhone    = "7700900987"  // the one most is sent from
	canaryChat     = "55509876123" // at Telegram
	canaryName     = "Zebulonius"
	canaryText     = "quaggahoof"
	canaryPhoto    = "okapimaker" // in a photo's EXIF
	canaryPassword = "tapirgate"  // of the database
	canarySecret   = "axolotl-secret-of-36-signs-for-canary"
)

// canary is a word, and the columns it may stand in: message text where messages and cases are kept, all else nowhere.
type canary struct {
	word    string
	columns string // a pattern of table.column
}

// words is where the text of a resident may stand: in the message, in the answers it gave, in the case it filed, and in what staff see
// of a conversation that was not understood. All go with the conversation or the case.
const words = `^(messages\.(body|parts)|conversations\.session|cases\.(description|answers)|handoffs\.summary)$`

func canaries() []canary {
	return []canary{
		{canaryPhones, ""}, {canaryChat, ""}, {canaryName, ""}, {canaryPhoto, ""}, {canaryPassword, ""}, {canarySecret, ""}, {canaryText, words},
		{channeltest.TwilioToken, ""}, {channeltest.TelegramToken, ""}, {strings.SplitN(channeltest.TelegramToken, ":", 2)[1], ""},
		{channeltest.TelegramSecret, ""}, {"photos/AgACfile", ""}, // the path of a file at Telegram
	}
}

// searched is one place that was looked through.
type searched struct{ where, text string }

// finds tells of every canary in a place where it may not be. Bytes of a column are looked through as hex too.
func finds(all []searched) (found []string) {
	for _, s := range all {
		for _, c := range canaries() {
			if c.columns != "" && regexp.MustCompile(c.columns).MatchString(s.where) {
				continue
			}
			i := strings.Index(s.text, c.word)
			if i < 0 {
				if i = strings.Index(s.text, hex.EncodeToString([]byte(c.word))); i < 0 {
					continue
				}
			}
			found = append(found, fmt.Sprintf("%s holds %q: …%s…", s.where, c.word, s.text[max(0, i-80):min(len(s.text), i+80)]))
		}
	}
	return found
}

// tables reads every column of every table, River's too.
func tables(t *testing.T, db *database.DB) (all []searched) {
	t.Helper()
	ctx := context.Background()
	list, as := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'`, `COALESCE(CAST(%q AS TEXT), '')`
	if db.Engine() == database.SQLite {
		list = `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`
		as = `COALESCE(CASE WHEN typeof(%[1]q) = 'blob' THEN lower(hex(%[1]q)) || ' ' || CAST(%[1]q AS TEXT) ELSE %[1]q END, '')`
	}
	if err := db.Read(ctx, func(tx *database.Tx) error {
		var columns [][2]string
		rows, err := tx.Query(ctx, list)
		if err != nil {
			return err
		}
		for rows.Next() {
			var c [2]string
			if err := rows.Scan(&c[0], &c[1]); err != nil {
				return err
			}
			columns = append(columns, c)
		}
		rows.Close()
		for _, c := range columns {
			rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT `+as+` FROM %[2]q`, c[1], c[0]))
			if err != nil {
				return fmt.Errorf("%s.%s: %w", c[0], c[1], err)
			}
			for rows.Next() {
				var text any
				if err := rows.Scan(&text); err != nil {
					return err
				}
				all = append(all, searched{c[0] + "." + c[1], fmt.Sprint(text)})
			}
			rows.Close()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// files reads every file of a folder, but for the database's own and the operator's secret.
func files(t *testing.T, folder string) (all []searched) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "concierge.db") || d.Name() == "secret" {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, searched{"file " + filepath.Base(filepath.Dir(path)) + "/" + d.Name(), string(b)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func canaryJPEG(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	body := "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x00" + canaryPhoto
	return slicesJoin(b.Bytes()[:2], []byte{0xff, 0xe1, 0, byte(len(body) + 2)}, []byte(body), b.Bytes()[2:])
}

func slicesJoin(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestNothingPrivateIsLeftBehind sends known words through every flow of the real binary, at its loudest, and then looks for them
// wherever they may not be.
func TestNothingPrivateIsLeftBehind(t *testing.T) {
	for _, e := range []database.Engine{database.SQLite, database.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			data, meters := t.TempDir(), freePort(t)
			extra := []string{"CONCIERGE_DATA=" + data, "CONCIERGE_LOG=debug", "CONCIERGE_METRICS_LISTEN=" + meters, "CONCIERGE_SECRET=" + canarySecret}
			o := database.Options{Folder: data}
			var server *databasetest.Server
			if e == database.Postgres {
				server = databasetest.StartServer(t)
				o = database.Options{URL: strings.Replace(server.URL(), "concierge@", "concierge:"+canaryPassword+"@", 1)}
				extra = append(extra, "CONCIERGE_DATABASE="+o.URL)
			}
			b := newBinary(t, database.SQLite, true, extra...)
			var said []searched
			run := func(args ...string) { said = append(said, searched{"concierge " + args[0], b.run(args...)}) }
			if e == database.Postgres {
				run("migrate")
			}
			b.start()
			c := &canaryWalk{t: t, b: b}
			c.everyFlow()
			for _, args := range [][]string{{"check"}, {"cases", "list"}, {"reseal", "--no-wait"}, {"reseal", "status"}} {
				run(args...)
			}
			said = append(said, searched{"concierge doctor", tryRun(b, "doctor", "--self")})
			for _, wrong := range []string{"postgres://concierge:" + canaryPassword + "@127.0.0.1:1/x", "postgres://concierge:" + canaryPassword + "@[/x",
				"postgres://concierge:" + canaryPassword + "@/%zz", "postgres://concierge:" + canaryPassword + "@/x?sslmode=no", "mysql://a:" + canaryPassword + "@/x",
				"postgres://concierge:" + canaryPassword + " @/x", "postgres://concierge:" + canaryPassword + "%@h/x"} {
				for _, name := range []string{"check", "migrate", "serve"} {
					c := command(b, name)
					c.Env = append(c.Env, "CONCIERGE_DATABASE="+wrong, "CONCIERGE_DATA="+t.TempDir(), "CONCIERGE_TWILIO_ACCOUNT_SID=", "CONCIERGE_TWILIO_AUTH_TOKEN=",
						"CONCIERGE_TWILIO_SMS_FROM=", "CONCIERGE_TWILIO_WHATSAPP_FROM=", "CONCIERGE_TELEGRAM_TOKEN=", "CONCIERGE_TELEGRAM_SECRET=", "CONCIERGE_TELEGRAM_API_URL=")
					out, err := c.CombinedOutput()
					if err == nil && name != "check" {
						t.Errorf("%s was taken", name)
					}
					said = append(said, searched{"concierge " + name + " with a database that is none", string(out)})
				}
			}
			_, m := get(t, http.DefaultClient, "http://"+meters+"/metrics")
			said = append(said, searched{"metrics", m})
			for _, address := range []string{"/t/" + canaryText, "/u/" + canaryText, "/" + canaryText + "?" + canaryName, "/desk/" + canaryText} {
				resp, err := http.Get(b.url + address)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
			}
			if server != nil {
				server.Stop()
				for _, k := range []*talk{c.sms, c.whatsapp, c.telegram} {
					if status := k.send(context.Background(), canaryText+" in the dark"); status != http.StatusOK {
						t.Errorf("the webhook answered %d without a database", status)
					}
				}
				b.telegram.Update(context.Background(), c.chat, map[string]any{"message": map[string]any{"from": canaryName, "text": canaryText}})
				kept := files(t, data)
				spooled := 0
				for _, f := range kept {
					if strings.Contains(f.where, ".spool") {
						spooled += len(f.text)
					}
				}
				if spooled == 0 {
					t.Error("nothing was spooled")
				}
				said = append(said, kept...)
				server.Start()
				for deadline := time.Now().Add(30 * time.Second); spoolOf(data) > 0 && time.Now().Before(deadline); {
					time.Sleep(50 * time.Millisecond)
				}
				if spoolOf(data) > 0 {
					t.Error("the spool did not drain")
				}
			}
			b.stop()
			db, err := database.Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			said = append(append(append(said, searched{"log", b.log.String()}), files(t, data)...), tables(t, db)...)
			for _, f := range finds(said) {
				t.Error(f)
			}
			if t.Failed() {
				return
			}
			c.wasThere(db)
			planted(t, db, said)
		})
	}
}

func spoolOf(data string) (n int) {
	list, _ := filepath.Glob(filepath.Join(data, "spool", "*.spool"))
	return len(list)
}

// planted puts a leak of every sort in place, and looks whether it is found: a search that finds nothing proves nothing else.
func planted(t *testing.T, db *database.DB, said []searched) {
	t.Helper()
	ctx := context.Background()
	plant := func(sql string) {
		if err := db.Write(ctx, func(tx *database.Tx) error { _, err := tx.Exec(ctx, sql); return err }); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	plant(`UPDATE messages SET reason = 'sent to +44` + canaryPhone + `'`)
	plant(`UPDATE messages SET code = '` + canaryText + `' WHERE inbound`)
	plant(`UPDATE attempts SET result = 'telegram:` + canaryChat + `'`)
	plant(`UPDATE river_job SET args = '{"name": "` + canaryName + `"}'`)
	plant(`UPDATE media SET ref = 'https://api.telegram.org/file/bot` + channeltest.TelegramToken + `/photos/1.jpg'`)
	plant(`UPDATE addresses SET last4_hmac = CAST('` + canaryPhone + `' AS ` + map[database.Engine]string{database.SQLite: "BLOB", database.Postgres: "BYTEA"}[db.Engine()] + `)`)
	leaks := append(tables(t, db), searched{"log", "level=DEBUG msg=\"POST " + canarySecret + "\""}, searched{"metrics", `concierge_x{to="+44` + canaryPhone + `"} 1`},
		searched{"file spool/1.spool", "\x00\x01" + canaryText}, searched{"file photos/1", "Exif" + canaryPhoto}, searched{"concierge doctor", "postgres://concierge:" + canaryPassword + "@/"})
	found := strings.Join(finds(leaks), "\n")
	for _, where := range []string{"messages.reason", "messages.code", "attempts.result", "river_job.args", "media.ref", "addresses.last4_hmac",
		"log", "metrics", "file spool/1.spool", "file photos/1", "concierge doctor"} {
		if !strings.Contains(found, where+" holds") {
			t.Errorf("a leak planted in %s was not found", where)
		}
	}
}

// tryRun is run for a command that may fail.
func tryRun(b *binary, args ...string) string {
	out, _ := command(b, args...).CombinedOutput()
	return string(out)
}

// canaryWalk is the resident whose words must not be found again.
type canaryWalk struct {
	t                       *testing.T
	b                       *binary
	chat                    int64
	sms, whatsapp, telegram *talk
}

func (c *canaryWalk) everyFlow() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	b, t := c.b, c.t
	c.chat, _ = strconv.ParseInt(canaryChat, 10, 64)
	phone := "+44" + canaryPhone
	c.sms, c.whatsapp, c.telegram = b.sms(t, phone), b.whatsapp(t, phone), b.chat(t, c.chat, "en")
	photo, named := canaryJPEG(t), map[string]string{"ProfileName": canaryName, "WaId": "44" + canaryPhone}
	c.english()
	// every sort of message, on every channel
	for _, in := range []channeltest.Inbound{
		{From: "whatsapp:" + phone, Body: "hello " + canaryText, Fields: named},
		{From: "whatsapp:" + phone, Body: canaryText, Fields: named, Media: []channeltest.Photo{{Type: "image/jpeg", Bytes: photo}, {Type: "text/vcard", Bytes: []byte("N:" + canaryName)}}},
		{From: "whatsapp:" + phone, Fields: named, Media: []channeltest.Photo{{Type: "image/png", Bytes: []byte("not " + canaryText)}}},
		{From: "whatsapp:" + phone, Fields: named, Media: []channeltest.Photo{{Type: "audio/ogg", Bytes: []byte("OggS")}}},
		{From: "whatsapp:" + phone, Fields: named, Lat: "52.48", Lon: "-1.9", Label: canaryText, Address: canaryText},
		{From: "whatsapp:" + phone, Body: "x", Fields: named, ButtonPayload: canaryText, ButtonText: canaryText},
		{From: "whatsapp:" + phone, Body: canaryText, Unsigned: true}, // a forgery
		{From: phone, Body: canaryText, Token: "0123456789abcdef0123456789abcdef"},
		{From: phone, Body: strings.Repeat(canaryText+" ", 600)},
		{From: phone, Body: "person"}, {From: phone, Body: canaryText + " please"},
	} {
		b.twilio.Inbound(ctx, in)
	}
	person := map[string]any{"id": c.chat, "is_bot": false, "first_name": canaryName, "last_name": canaryName, "username": canaryName, "language_code": "en"}
	tell := func(fields map[string]any) {
		fields["from"] = person
		b.telegram.Update(ctx, c.chat, map[string]any{"message": b.telegram.Message(c.chat, fields)})
	}
	tell(map[string]any{"text": "/start " + canaryText})
	tell(map[string]any{"text": canaryText})
	tell(map[string]any{"contact": map[string]any{"phone_number": phone, "first_name": canaryName}})
	tell(map[string]any{"location": map[string]any{"latitude": 52.48, "longitude": -1.9}})
	tell(map[string]any{"forward_origin": map[string]any{"type": "user", "sender_user": person, "date": 1}, "text": canaryText})
	b.telegram.Photo(ctx, c.chat, photo, canaryText)
	b.telegram.Post(ctx, "wrong-"+canarySecret, b.telegram.Raw(map[string]any{"message": canaryText}))
	b.telegram.Post(ctx, channeltest.TelegramSecret, []byte(canaryText+canaryName+phone)) // authentic and no JSON: quarantined
	b.telegram.Post(ctx, channeltest.TelegramSecret, b.telegram.Raw(map[string]any{"message": map[string]any{"from": person, "text": canaryText}}))
	group := map[string]any{"id": -c.chat, "type": "group", "title": canaryName + canaryText}
	b.telegram.Post(ctx, channeltest.TelegramSecret, b.telegram.Raw(map[string]any{"message": map[string]any{"message_id": 1, "date": time.Now().Unix(),
		"from": person, "chat": group, "text": canaryText}}))
	c.photosThatFail(ctx, photo)
	c.desk()
	c.sendsThatFail(ctx)
}

// english files a case whose words are a canary, and looks at its page.
func (c *canaryWalk) english() {
	k := c.sms
	k.says("hello", "Demo")
	k.says("big pothole outside 12 Stratford Road", "hurt", "1 ", "2 ")
	k.says("2", "Where")
	link := uploadLink.FindString(k.says("1", "photo", "/u/"))
	c.b.upload(c.t, link, canaryJPEG(c.t))
	k.hears("nything else")
	k.says("it is a " + canaryText)
	ref := reference.FindString(k.says("send"))
	if ref == "" {
		c.t.Fatal("no case was filed")
	}
	c.b.run("cases", "change", ref, "--status", "fixed", "--reason", "repaired")
	link = regexp.MustCompile(regexp.QuoteMeta(c.b.url) + `/t/[1-9A-Za-z]{22}`).FindString(k.hears(ref, "fixed") + strings.Join(c.b.ledger.Texts(k.at), "\n"))
	if status, page := get(c.t, http.DefaultClient, link); status != http.StatusOK || strings.Contains(page, canaryPhone) {
		c.t.Errorf("the tracking page answers %d, or shows the number", status)
	}
}

// photosThatFail lets every way to a photo fail once.
func (c *canaryWalk) photosThatFail(ctx context.Context, photo []byte) {
	body := `{"message": "` + canaryText + ` https://api.telegram.org/file/bot` + channeltest.TelegramToken + `/x"}`
	for _, f := range []channeltest.Fault{{Status: 404}, {Status: 500, Body: body}, {Status: 302}, {Drop: true}, {Status: 200, Body: body}} {
		f.Call = "Media"
		c.b.twilio.Script(f)
		c.b.twilio.Inbound(ctx, channeltest.Inbound{From: "whatsapp:+44" + canaryPhone, Body: canaryText, Media: []channeltest.Photo{{Type: "image/jpeg", Bytes: photo}}})
		c.fetched(ctx)
	}
	for _, f := range []channeltest.Fault{{Call: "getFile", Status: 400, Text: "Bad Request: wrong file " + canaryText}, {Call: "getFile", Status: 500, Body: body},
		{Call: "getFile", Drop: true}, {Call: "download", Status: 404, Body: body}, {Call: "download", Drop: true}, {Call: "download", Status: 500, Body: body}} {
		c.b.telegram.Script(f)
		c.b.telegram.Photo(ctx, c.chat, photo, canaryText)
		c.fetched(ctx)
	}
}

// fetched waits until a photo that could not be had is put off, by what the log says: ids only.
func (c *canaryWalk) fetched(ctx context.Context) {
	n := strings.Count(c.b.log.String(), "media ")
	for i := 0; i < 50 && ctx.Err() == nil && strings.Count(c.b.log.String(), "media ") == n; i++ {
		time.Sleep(20 * time.Millisecond)
	}
}

// sendsThatFail lets sends fail in every class there is, each to somebody else: what is in doubt holds back what comes after it.
func (c *canaryWalk) sendsThatFail(ctx context.Context) {
	quote := "cannot send '" + canaryText + "' to +44" + canaryPhone
	var met []string
	for i, f := range []channeltest.Fault{
		{Status: 429, Code: 20429, RetryAfter: time.Second}, {Status: 400, Code: 21617, Text: quote}, {Status: 400, Code: 63016, Text: quote}, {Status: 400, Code: 30036},
		{Status: 400, Code: 21211, Text: quote}, {Status: 500, Body: quote}, {Status: 302, Body: quote}, {Drop: true}, {Accept: true, Drop: true}, {Status: 200, Body: quote},
		{Status: 400, Code: 99999, Text: quote}, {Status: 400, Code: 21610, Text: quote}, {Hang: true}, {HangBody: true}, {Status: 401, Code: 20003, Text: quote},
	} {
		who := "+44" + canaryPhones + strconv.Itoa(10+i)
		if i >= 10 {
			who = "whatsapp:" + who
		}
		f.To = string(channels.MakeAddress(channels.SMS, who))
		if i >= 10 {
			f.To = who
		}
		c.b.twilio.Script(f)
		c.b.twilio.Inbound(ctx, channeltest.Inbound{From: who, Body: canaryText, Fields: map[string]string{"ProfileName": canaryName}})
		met = append(met, f.To)
	}
	for i, f := range []channeltest.Fault{
		{Status: 429, RetryAfter: time.Second}, {Status: 400, Text: "Bad Request: can't parse " + quote}, {Status: 400, Text: "Bad Request: chat not found"},
		{Status: 500, Body: quote}, {Drop: true}, {Accept: true, Drop: true}, {Status: 200, Body: quote}, {Status: 403, Text: "Forbidden: " + quote}, {Status: 401, Text: quote},
	} {
		chat := c.chat*10 + int64(i)
		f.To = string(channels.MakeAddress(channels.Telegram, strconv.FormatInt(chat, 10)))
		c.b.telegram.Script(f)
		c.b.telegram.Say(ctx, chat, canaryText)
		met = append(met, f.To)
	}
	for _, to := range met {
		if _, err := c.b.ledger.WaitFor(ctx, func(e channeltest.Entry) bool { return e.To == to }); err != nil {
			c.t.Errorf("nothing was sent to %s", to)
		}
	}
	c.b.twilio.Unscript()
	c.b.telegram.Unscript()
	c.b.twilio.Receipt(c.b.ledger.Accepted(c.sms.at)[0].ID, "undelivered", 30003)
	short, cancel := context.WithTimeout(ctx, 10*time.Second) // a hanging call takes eight seconds
	defer cancel()
	for short.Err() == nil && strings.Count(c.b.log.String(), `"not sent"`) < len(met)-4 {
		time.Sleep(50 * time.Millisecond)
	}
}

// desk takes the conversation over, writes, searches, and gives it back.
func (c *canaryWalk) desk() {
	t, b := c.t, c.b
	asha := b.signIn(t, "asha@council.example")
	_, queue := get(t, asha, b.url+"/desk/queue")
	where := regexp.MustCompile(`/desk/conversations/[0-9a-f-]{36}`).FindString(queue)
	if where == "" {
		t.Fatalf("nobody waits in the queue:\n%s", queue)
	}
	b.press(t, asha, b.url+where, where+"/claim", nil)
	b.press(t, asha, b.url+where, where+"/reply", url.Values{"text": {"About your " + canaryText}})
	c.sms.hears("About your")
	if resp, err := asha.Get(b.url + "/desk/search?q=" + canaryPhone); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// wasThere proves that the words came in at all: the number is sealed, the text is in the messages.
func (c *canaryWalk) wasThere(db *database.DB) {
	c.t.Helper()
	ctx := context.Background()
	for query, least := range map[string]int{
		`SELECT COUNT(*) FROM messages WHERE inbound AND body LIKE '%` + canaryText + `%'`: 20,
		`SELECT COUNT(*) FROM addresses`:                                   3,
		`SELECT COUNT(*) FROM quarantine`:                                  1,
		`SELECT COUNT(*) FROM media WHERE state = 'stored'`:                1,
		`SELECT COUNT(*) FROM media`:                                       10,
		`SELECT COUNT(DISTINCT result) FROM attempts`:                      8,
		`SELECT COUNT(*) FROM handoffs`:                                    1,
		`SELECT COUNT(*) FROM river_job WHERE kind = 'fetch_media'`:        8,
		`SELECT COUNT(*) FROM cases`:                                       1,
		`SELECT COUNT(*) FROM audit`:                                       2,
		`SELECT COUNT(*) FROM messages WHERE NOT inbound AND reason <> ''`: 3,
	} {
		var n int
		if err := db.Read(ctx, func(tx *database.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) }); err != nil {
			c.t.Errorf("%s: %v", query, err)
		}
		if n < least {
			c.t.Errorf("%s counts %d, less than %d: the flow did not happen", query, n, least)
		}
	}
	for _, name := range []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram} {
		var n int
		if err := db.Read(ctx, func(tx *database.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM conversations WHERE channel = $1`, string(name)).Scan(&n)
		}); err != nil || n == 0 {
			c.t.Errorf("no conversation on %s, %v", name, err)
		}
	}
}
