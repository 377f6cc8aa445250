package channeltest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// page is GET Messages.json: newest first, filtered by To, From and day, at most 1,000 a page.
func (t *Twilio) page(w http.ResponseWriter, r *http.Request) {
	t.Ledger.add(Entry{What: Asked, Call: "ListMessage", To: address(r.URL.Query().Get("To")), From: address(r.URL.Query().Get("From"))})
	fault := t.next("ListMessage", address(r.URL.Query().Get("To")), false)
	if fault.before(w, r) {
		return
	}
	if fault != nil && fault.Status >= 300 {
		fault.header(w)
		t.refuse(w, r, nil, fault.Status, fault.Code, "as scripted")
		return
	}
	q := r.URL.Query()
	size, number := 50, 0
	var keep []func(*message) bool
	for k, vs := range q {
		v := vs[0]
		n, err := strconv.Atoi(v)
		day, dayErr := dayOf(v)
		switch k {
		case "PageSize":
			if err != nil || n < 1 || n > 1000 {
				t.broken(r, "", "PageSize "+v)
				n = 50
			}
			size = n
		case "Page":
			number = n
		case "PageToken":
		case "To":
			keep = append(keep, func(m *message) bool { return m.to == v })
		case "From":
			keep = append(keep, func(m *message) bool { return m.from == v })
		case "DateSent", "DateSent>", "DateSent<":
			if dayErr != nil {
				t.broken(r, "", "a day that is none: "+k+"="+v)
				continue
			}
			keep = append(keep, inDay(k, day))
		default:
			t.broken(r, "", "unknown parameter of the list: "+k)
		}
	}
	all := t.matching(q, keep)
	from := min(number*size, len(all))
	to := min(from+size, len(all))
	shown := make([]any, 0, to-from)
	t.mu.Lock()
	for _, m := range all[from:to] {
		shown = append(shown, t.resource(m))
	}
	t.mu.Unlock()
	v := map[string]any{
		"messages": shown, "page": number, "page_size": size, "start": from, "end": max(to-1, 0), "uri": r.URL.RequestURI(),
		"first_page_uri": nextPage(r.URL, 0), "next_page_uri": nil, "previous_page_uri": nil,
	}
	if to < len(all) {
		v["next_page_uri"] = nextPage(r.URL, number+1)
	}
	answer(w, http.StatusOK, v)
}

// matching are the messages of the list, newest first; those too fresh for it are left out.
func (t *Twilio) matching(q url.Values, keep []func(*message) bool) []*message {
	t.mu.Lock()
	defer t.mu.Unlock()
	pool := t.list
	for _, k := range []string{"To", "From"} {
		if v := q.Get(k); v != "" && len(t.by[v]) < len(pool) {
			pool = t.by[v]
		}
	}
	var out []*message
next:
	for i := len(pool) - 1; i >= 0; i-- {
		m := pool[i]
		if t.o.ListLag > 0 && t.now().Sub(m.made) < t.o.ListLag {
			continue
		}
		for _, k := range keep {
			if !k(m) {
				continue next
			}
		}
		out = append(out, m)
	}
	return out
}

// one is GET Messages/{SID}.json.
func (t *Twilio) one(w http.ResponseWriter, r *http.Request) {
	m := t.named(r)
	if m == nil {
		t.refuse(w, r, nil, http.StatusNotFound, 20404, "not found")
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	answer(w, http.StatusOK, t.resource(m))
}

// redact is POST Messages/{SID}.json with an empty Body: Twilio forgets the words.
func (t *Twilio) redact(w http.ResponseWriter, r *http.Request) {
	m := t.named(r)
	if err := r.ParseForm(); err != nil || m == nil || !r.PostForm.Has("Body") || r.PostForm.Get("Body") != "" {
		t.refuse(w, r, nil, http.StatusNotFound, 20404, "not found, or more than forgetting was asked")
		return
	}
	t.Ledger.add(Entry{What: Asked, Call: "UpdateMessage", ID: m.sid})
	t.mu.Lock()
	defer t.mu.Unlock()
	m.body = ""
	answer(w, http.StatusOK, t.resource(m))
}

func (t *Twilio) named(r *http.Request) *message {
	sid, ok := strings.CutSuffix(r.PathValue("name"), ".json")
	if !ok {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sid[sid]
}

// media is GET Messages/{SID}/Media/{SID}: a redirect to where the bytes are kept.
func (t *Twilio) media(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("media")
	fault := t.next("Media", "", false)
	if fault.before(w, r) || fault.instead(w, r) {
		return
	}
	if fault != nil && fault.Status >= 300 {
		fault.header(w)
		t.refuse(w, r, nil, fault.Status, fault.Code, "as scripted")
		return
	}
	t.mu.Lock()
	_, ok := t.files[id]
	t.mu.Unlock()
	if !ok {
		t.refuse(w, r, nil, http.StatusNotFound, 20404, "not found")
		return
	}
	http.Redirect(w, r, t.url+"/storage/"+id, http.StatusTemporaryRedirect)
}

// medias is GET Messages/{SID}/Media.json: the ids and types of what was attached.
func (t *Twilio) medias(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.sid[r.PathValue("sid")]
	list := []any{}
	if m != nil {
		for _, id := range m.media {
			list = append(list, map[string]any{
				"sid": id, "content_type": t.files[id].typ, "account_sid": t.o.Account, "parent_sid": m.sid,
				"date_created": m.made.Format(time.RFC1123Z), "date_updated": m.made.Format(time.RFC1123Z),
				"uri": "/2010-04-01/Accounts/" + t.o.Account + "/Messages/" + m.sid + "/Media/" + id + ".json",
			})
		}
	}
	answer(w, http.StatusOK, map[string]any{
		"media_list": list, "page": 0, "page_size": 50, "start": 0, "end": max(len(list)-1, 0), "uri": r.URL.RequestURI(),
		"first_page_uri": r.URL.RequestURI(), "next_page_uri": nil, "previous_page_uri": nil,
	})
}

// storage is another house than the API: it must never see the account's password.
func (t *Twilio) storage(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		t.broken(r, "", "the account's password went along with a redirect")
	}
	t.mu.Lock()
	f, ok := t.files[r.PathValue("media")]
	t.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	t.Ledger.add(Entry{What: Fetched, Call: "Media", ID: r.PathValue("media"), Status: http.StatusOK})
	w.Header().Set("Content-Type", f.typ)
	_, _ = w.Write(f.bytes)
}

func nextPage(u *url.URL, n int) string {
	q := u.Query()
	q.Set("Page", strconv.Itoa(n))
	return u.Path + "?" + q.Encode()
}

// dayOf reads a day as Twilio's list takes it, with or without a time (which does not count).
func dayOf(v string) (time.Time, error) {
	if at, err := time.Parse(time.DateOnly, v); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, v)
	return at.UTC().Truncate(24 * time.Hour), err
}

func inDay(k string, day time.Time) func(*message) bool {
	return func(m *message) bool {
		made := m.made.Truncate(24 * time.Hour)
		switch k {
		case "DateSent>":
			return !made.Before(day)
		case "DateSent<": // "on or before midnight on a date": we take it for the midnight the day begins with
			return !m.made.After(day)
		}
		return made.Equal(day)
	}
}
