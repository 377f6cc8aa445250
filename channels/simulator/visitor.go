package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"concierge/channels"
)

// What the simulator keeps at most. A text is at most 4,096 runes, so that a phone never holds more than a quarter of a megabyte.
const (
	maxVisitors = 100
	maxStreams  = 6 // of one visitor: what a browser opens to one host
	maxBubbles  = 200
	maxText     = 256 << 10 // bytes of text on one phone
)

const cookieName = "simulator"

var cookieShape = regexp.MustCompile(`^[0-9a-f]{32}$`)

// visitor is one browser, with three phones of its own.
type visitor struct {
	id                     string
	tag                    string // language
	seen                   time.Time
	phones                 map[channels.Name]*phone
	files                  []string // ids of uploaded photos, oldest first
	subs                   map[chan event]bool
	news                   News
	asking                 bool // news is being fetched
	again                  bool // and must be fetched once more
	seated                 bool // sits at the desk
	wrote, answered, moved bool // steps 1 to 3; answered means to the end: there is a case
}

// addresses are those of the visitor's phones.
func (v *visitor) addresses() []channels.Address {
	var all []channels.Address
	for _, n := range kinds {
		all = append(all, v.phones[n].address)
	}
	return all
}

// steps tells which of the four are done.
func (v *visitor) steps() [4]bool { return [4]bool{v.wrote, v.answered, v.moved, v.news.Answered} }

// visitor finds the browser's own, or makes it under the cookie it has; a browser without one gets a new cookie.
func (s *Simulator) visitor(w http.ResponseWriter, r *http.Request) *visitor {
	id := ""
	if c, err := r.Cookie(cookieName); err == nil && cookieShape.MatchString(c.Value) {
		id = c.Value
	}
	if id == "" {
		id = newID()
		http.SetCookie(w, &http.Cookie{
			Name: cookieName, Value: id, Path: "/simulator/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.public.Scheme == "https",
			MaxAge: 30 * 24 * 3600,
		})
	}
	s.mu.Lock()
	v := s.visitors[id]
	if v != nil {
		v.seen = s.settings.Now()
	}
	s.mu.Unlock()
	if v != nil {
		return v
	}
	return s.newVisitor(r, id)
}

func (s *Simulator) newVisitor(r *http.Request, id string) *visitor {
	numbers := map[channels.Name]channels.Address{}
	for _, n := range kinds {
		numbers[n] = s.freeNumber(r.Context(), n)
	}
	s.mu.Lock()
	v := s.visitors[id]
	if v == nil {
		v = &visitor{id: id, tag: s.guess(r), seen: s.settings.Now(), phones: map[channels.Name]*phone{}, subs: map[chan event]bool{}}
		s.visitors[id] = v
		for _, n := range kinds {
			s.connect(v, n, numbers[n])
		}
		s.forget()
	}
	s.mu.Unlock()
	for _, a := range numbers {
		s.release(a) // another request of the same browser was quicker
	}
	return v
}

// guess reads the browser's languages, in its order, and takes the first that is offered.
func (s *Simulator) guess(r *http.Request) string {
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(tag, "-")
		for _, l := range s.settings.Languages {
			if strings.EqualFold(l.Tag, tag) || strings.EqualFold(l.Tag, base) {
				return l.Tag
			}
		}
	}
	return s.settings.Languages[0].Tag
}

// forget drops the visitors seen longest ago, their phones and photos. The lock is held.
func (s *Simulator) forget() {
	for len(s.visitors) > maxVisitors {
		var oldest *visitor
		for _, v := range s.visitors {
			if oldest == nil || v.seen.Before(oldest.seen) {
				oldest = v
			}
		}
		delete(s.visitors, oldest.id)
		for _, p := range oldest.phones {
			delete(s.lines, p.address)
		}
		for _, id := range oldest.files {
			s.pictures.drop(id)
		}
		for c := range oldest.subs {
			close(c)
		}
		oldest.subs = nil
	}
}

// keep notes an uploaded photo and lets go of the visitor's oldest. The lock is held.
func (s *Simulator) keep(v *visitor, id string) {
	v.files = append(v.files, id)
	for len(v.files) > maxUploads {
		s.pictures.drop(v.files[0])
		v.files = slices.Delete(v.files, 0, 1)
	}
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
