package desk_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"concierge/desk"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

func TestALinkWorksOnceAndLookingUsesNothingUp(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		var token string
		h.must(h.write(func(tx *database.Tx) (err error) {
			token, err = desk.AddStaff(ctx, tx, "Asha@Council.example", "Asha", []string{desk.Agent}, []string{"highways"})
			return err
		}))
		if len(token) != 43 {
			t.Fatalf("a token of %d signs", len(token))
		}
		var stored int
		h.must(db.Read(ctx, func(tx *database.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM invites WHERE token_hash = $1`, []byte(token)).Scan(&stored)
		}))
		if stored != 0 {
			t.Fatal("the token itself is stored")
		}
		page := "/desk/welcome/" + token
		s := h.browser()
		for range 3 {
			if status, _ := s.get(page); status != http.StatusOK {
				t.Fatalf("looking used it up: %d", status)
			}
		}
		for password, want := range map[string]string{"short": "at least", "password1234": "easy to guess", "aaaaaaaaaaaaaa": "easy to guess", "asha12345678": "easy to guess"} {
			status, body := s.press(page, page, url.Values{"password": {password}, "again": {password}})
			if status != http.StatusUnprocessableEntity || want == "easy to guess" && !strings.Contains(body, want) {
				t.Errorf("%q: %d\n%s", password, status, body)
			}
		}
		form := s.fields(page, page)
		form.Set("password", "four plain words here")
		form.Set("again", "four plain words here")
		if status, body := s.post(page, form); status != http.StatusOK || !strings.Contains(body, "Waiting") {
			t.Fatalf("welcome: %d\n%s", status, body)
		}
		other := h.browser()
		if status, _ := other.get(page); status != http.StatusGone {
			t.Fatalf("used twice: %d", status)
		}
		if status, _ := other.press("/desk/login", "/desk/login", url.Values{"email": {"asha@council.example"}, "password": {"four plain words here"}}); status != http.StatusOK {
			t.Fatalf("the password does not sign in: %d", status)
		}
		if status, _ := s.post(page, form); status != http.StatusForbidden && status != http.StatusGone {
			t.Fatalf("posted twice: %d", status)
		}
	})
}

func TestADemoLinkSignsInOnceAndTheNextStartMakesAnother(t *testing.T) {
	h := open(t, databasetest.Open(t, database.SQLite, nil), "en")
	link := func() (token string) {
		h.must(h.write(func(tx *database.Tx) (err error) {
			token, err = desk.DemoLink(ctx, tx, "Demo supervisor")
			return err
		}))
		return "/desk/welcome/" + token
	}
	first, second := link(), link()
	s := h.browser()
	if status, _ := s.get(first); status != http.StatusGone {
		t.Fatalf("the link of an earlier start: %d", status)
	}
	if status, body := s.press(second, second, nil); status != http.StatusOK || !strings.Contains(body, "Demo supervisor") {
		t.Fatalf("%d\n%s", status, body)
	}
	// There is no password by which the demo's account could be entered.
	if status, _ := h.browser().press("/desk/login", "/desk/login", url.Values{"email": {"demo@desk.example"}, "password": {""}}); status != http.StatusUnprocessableEntity {
		t.Fatalf("without a password: %d", status)
	}
}

func TestGuessingIsSlowedForAccountAndNetwork(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		h.sit("Asha Rahman", []string{desk.Agent}, []string{"highways"})
		s := h.browser()
		form := s.fields("/desk/login", "/desk/login")
		guess := func(email, password string) int {
			form.Set("email", email)
			form.Set("password", password)
			status, _ := s.post("/desk/login", form)
			return status
		}
		for i := range 5 {
			if status := guess("asha@council.example", "wrong"); status != http.StatusUnprocessableEntity {
				t.Fatalf("try %d: %d", i, status)
			}
		}
		if status := guess("ASHA@council.example ", "four plain words here"); status != http.StatusTooManyRequests {
			t.Fatalf("the sixth, even right: %d", status)
		}
		for range 30 {
			guess("nobody@council.example", "wrong")
		}
		h.must(h.write(func(tx *database.Tx) error { // nobody is locked out for longer than five minutes
			_, err := tx.Exec(ctx, `UPDATE login_tries SET at = $1`, tx.Now().Add(-5*60e9-1e9))
			return err
		}))
		if status := guess("asha@council.example", "four plain words here"); status != http.StatusOK {
			t.Fatalf("five minutes later: %d", status)
		}
	})
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	h := open(t, databasetest.Open(t, database.SQLite, nil), "en")
	s := h.sit("Asha Rahman", []string{desk.Supervisor, desk.Admin}, nil)
	form := s.fields("/desk/queue", "/desk/queue/oldest")
	post := func(header http.Header, v url.Values) int {
		req, _ := http.NewRequest(http.MethodPost, h.url+"/desk/queue/oldest", strings.NewReader(v.Encode()))
		req.Header = header
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := s.Do(req)
		h.must(err)
		resp.Body.Close()
		return resp.StatusCode
	}
	for name, c := range map[string]struct {
		header http.Header
		form   url.Values
		want   int
	}{
		"our own":                    {http.Header{"Sec-Fetch-Site": {"same-origin"}}, form, http.StatusOK},
		"cross-site":                 {http.Header{"Sec-Fetch-Site": {"cross-site"}}, form, http.StatusForbidden},
		"same-site":                  {http.Header{"Sec-Fetch-Site": {"same-site"}}, form, http.StatusForbidden},
		"another origin":             {http.Header{"Origin": {"https://evil.example"}}, form, http.StatusForbidden},
		"neither header nor token":   {http.Header{}, url.Values{}, http.StatusForbidden},
		"a token of somebody else's": {http.Header{"Sec-Fetch-Site": {"same-origin"}}, url.Values{"form": {h.browser().fields("/desk/login", "/desk/login").Get("form")}}, http.StatusForbidden},
	} {
		if got := post(c.header, c.form); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestHeadersAndAssets(t *testing.T) {
	h := open(t, databasetest.Open(t, database.SQLite, nil), "en")
	resp, err := http.Get(h.url + "/desk/login")
	h.must(err)
	_, body := read(t, resp)
	for name, want := range map[string]string{"Content-Security-Policy": "require-trusted-types-for 'script'", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
		if !strings.Contains(resp.Header.Get(name), want) {
			t.Errorf("%s: %q", name, resp.Header.Get(name))
		}
	}
	if strings.Contains(body, "style=") || regexp.MustCompile(` on[a-z]+=`).MatchString(body) {
		t.Error("the page carries styles or scripts of its own")
	}
	for _, c := range resp.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %s: %+v", c.Name, c)
		}
	}
	css := regexp.MustCompile(`/desk/static/[0-9a-f]{8}/desk\.css`).FindString(body)
	resp, err = http.Get(h.url + css)
	h.must(err)
	_, sheet := read(t, resp)
	if !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(sheet, ":root { --brand: "+h.council.Brand) {
		t.Fatalf("%s: %v\n%.200s", css, resp.Header, sheet)
	}
	if bad := regexp.MustCompile(`\b(left|right)\b`).FindString(sheet); bad != "" || strings.Count(sheet, "\n") > 700 {
		t.Errorf("the style sheet says %q, and has %d lines", bad, strings.Count(sheet, "\n"))
	}
	if resp, _ = http.Get(h.url + "/desk/nowhere"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("nowhere: %d", resp.StatusCode)
	}
}

func TestNoDeskOverPlainHTTPElsewhere(t *testing.T) {
	h := open(t, databasetest.Open(t, database.SQLite, nil), "en")
	s := h.desk.Settings
	s.PublicURL = "http://council.example"
	if _, err := desk.New(s); err != desk.ErrPlainHTTP {
		t.Fatalf("http: %v", err)
	}
	s.PublicURL = "https://council.example"
	d, err := desk.New(s)
	h.must(err)
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://council.example/desk/login", nil))
	cookie := w.Result().Cookies()[0]
	if cookie.Name != "__Host-desk-form" || !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" || w.Header().Get("Strict-Transport-Security") == "" {
		t.Fatalf("over https: %+v %v", cookie, w.Header())
	}
}
