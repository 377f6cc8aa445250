package upload

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/media"
	"concierge/internal/phrase"
	"concierge/locales"
)

// errGone is every link that leads nowhere: never made, ended, of somebody erased. Nobody is told which.
var errGone = errors.New("no such link")

var tokenShape = regexp.MustCompile(`^[1-9A-HJ-NP-Za-km-z]{22}$`)

// opened is a link with whose it is.
type opened struct {
	page         *Page
	link         inbox.Upload
	conversation *inbox.Conversation
	tag          string
	path, token  string // of the form
}

// open finds what the address of a request is for.
func (p *Page) open(r *http.Request) (*opened, error) {
	token := strings.TrimPrefix(r.URL.Path, route)
	if !tokenShape.MatchString(token) {
		return nil, errGone
	}
	v := &opened{page: p, path: route + token}
	err := p.s.DB.Read(r.Context(), func(tx *database.Tx) (err error) {
		v.link, v.conversation, err = p.s.Inbox.Upload(r.Context(), tx, token)
		return err
	})
	if errors.Is(err, inbox.ErrNoUpload) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	v.tag = p.language(r.URL.Query().Get("lang"), v.conversation.Language)
	v.token = p.s.Keys.Hash("upload form", v.link.Hash) // only who could open the page has it
	return v, nil
}

// language is the one asked for, else the resident's, else the source: always one that is offered.
func (p *Page) language(asked, own string) string {
	for _, tag := range []string{asked, own} {
		if slices.Contains(p.s.Offered(), tag) {
			return tag
		}
	}
	return locales.Source
}

// view is a page in words: the template only places them.
type view struct {
	Lang, Dir, Title, Council, Privacy, Style, Script, Path string
	About, Text                                             string // what it is about; what stands under the title
	Form                                                    *form
	Again                                                   string // a link to the form once more
	Languages                                               []language
	T                                                       map[string]string // words by the last part of their key
}

// form is what is asked.
type form struct {
	Token        string
	Photo, Place bool
	Hint, Send   string
	Problems     []problem
	Most, Bytes  int
	TooBig, Many string // for the script
}

// problem is one thing that went wrong. Name is the file's, as the resident knows it.
type problem struct{ Name, Text string }

type language struct {
	Tag, Name, Dir string
	Here           bool
}

var plain = []string{"upload.choose", "upload.sending", "upload.private", "upload.again", "upload.position", "upload.position_about",
	"upload.position_asked", "upload.position_got", "upload.position_failed", "upload.problem", "upload.unsent",
	"tracking.language", "tracking.privacy"}

func (p *Page) frame(tag, title string) *view {
	set := p.s.Locales()
	v := &view{Lang: tag, Dir: set.About(tag).Dir, Title: set.SayKey(tag, title), Council: p.s.Council.Name, Privacy: p.s.Council.PrivacyNotice,
		Style: p.style, T: map[string]string{}}
	for _, key := range plain {
		v.T[key[strings.LastIndexByte(key, '.')+1:]] = set.SayKey(tag, key)
	}
	for _, other := range p.s.Offered() {
		about := set.About(other)
		v.Languages = append(v.Languages, language{other, about.Name, about.Dir, other == tag})
	}
	return v
}

// limits are the numbers our words name.
func limits() []phrase.Var {
	return []phrase.Var{{Name: "Number", Text: strconv.Itoa(inbox.MostPhotos)}, {Name: "Megabytes", Text: strconv.Itoa(media.MaxBytes >> 20)}}
}

func (v *opened) say(key string) string { return v.page.s.Locales().SayKey(v.tag, key, limits()...) }

// asking is the form, with what went wrong before.
func (v *opened) asking(problems ...problem) *view {
	title, about, send := "upload.title", "upload.about", "upload.send"
	if !v.link.Photo {
		title, about, send = "upload.place_title", "upload.place_about", "upload.place_send"
	}
	out := v.page.frame(v.tag, title)
	out.Text, out.Path, out.Script = v.say(about), v.path+"?lang="+v.tag, v.page.script
	if v.link.Service != "" {
		out.About = v.say("service." + v.link.Service + ".name")
	}
	if v.link.Photo && v.link.Photos >= inbox.MostPhotos {
		out.Text = v.say("upload.enough")
		return out
	}
	out.Form = &form{Token: v.token, Photo: v.link.Photo, Place: v.link.Place, Hint: v.say("upload.hint"), Send: v.say(send), Problems: problems,
		Most: inbox.MostPhotos, Bytes: media.MaxBytes, TooBig: v.say("upload.too_big"), Many: v.say("upload.surplus")}
	return out
}

// shown is what a GET reads: the form, or, after it was sent, that we have it.
func (v *opened) shown(sent string) *view {
	key := map[string]string{"photo": "upload.thanks", "place": "upload.thanks_place"}[sent]
	if key == "" {
		return v.asking()
	}
	out := v.page.frame(v.tag, "upload.thanks_title")
	out.Text = v.say(key)
	if v.link.Photo && v.link.Photos < inbox.MostPhotos {
		out.Again = v.path + "?lang=" + v.tag
	}
	return out
}

// gone is the same for every link that leads nowhere.
func (p *Page) gone(r *http.Request) *view {
	tag := p.language(r.URL.Query().Get("lang"), "")
	v := p.frame(tag, "upload.gone_title")
	v.Text = p.s.Locales().SayKey(tag, "upload.gone")
	return v
}

// trouble is a page of our own trouble, in the language asked for.
func (p *Page) trouble(r *http.Request, key string) *view {
	tag := p.language(r.URL.Query().Get("lang"), "")
	v := p.frame(tag, key+"_title")
	v.Text = p.s.Locales().SayKey(tag, key)
	return v
}

func (p *Page) tooMany(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "60")
	p.show(w, http.StatusTooManyRequests, p.trouble(r, "error.too_many"))
}

func (p *Page) failed(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, context.Canceled) {
		p.s.Log.Error("upload page failed", "error", err)
	}
	w.Header().Set("Retry-After", "60")
	p.show(w, http.StatusServiceUnavailable, p.trouble(r, "error.failed"))
}

func (p *Page) show(w http.ResponseWriter, status int, v *view) {
	var b bytes.Buffer
	if err := p.page.Execute(&b, v); err != nil {
		p.s.Log.Error("upload page failed", "error", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
