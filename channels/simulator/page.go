package simulator

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"

	"concierge/channels"
)

//go:embed page
var pageFiles embed.FS

// file is one of the page's parts.
type file struct {
	bytes []byte
	kind  string
	etag  string
}

// readPage reads what is embedded: the template, and the files beside it by name.
func readPage() (*template.Template, map[string]file, error) {
	files := map[string]file{}
	err := fs.WalkDir(pageFiles, "page", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) == ".html" {
			return err
		}
		b, err := pageFiles.ReadFile(p)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		kind := mime.TypeByExtension(path.Ext(p))
		if path.Ext(p) == ".js" {
			kind = "text/javascript; charset=utf-8" // a machine's own table may say otherwise
		}
		files[p[len("page/"):]] = file{b, kind, `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	words := template.FuncMap{"w": func(string, ...string) string { return "" }} // each page brings its language's
	t, err := template.New("index.html").Funcs(words).ParseFS(pageFiles, "page/index.html")
	return t, files, err
}

// pageData is what the template needs.
type pageData struct {
	Language  Language
	Languages []Language
	Council   string
	Phones    []pagePhone
	Samples   []string
	Places    []Place
	Photos    []string
	Levers    []string
	Desk      bool // there is a link for one press
}

type pagePhone struct {
	Kind   string
	Closed bool
	Pin    bool // shows the reply keyboard
}

// page is GET /simulator/. ?lang= chooses the language; it is the one thing a GET changes, and only what the visitor sees.
func (s *Simulator) page(w http.ResponseWriter, r *http.Request) {
	v := s.visitor(w, r)
	s.mu.Lock()
	if tag := r.URL.Query().Get("lang"); tag != "" {
		v.tag = s.language(tag).Tag
	}
	tag := v.tag
	s.refreshLater(v)
	s.mu.Unlock()
	if r.URL.RawQuery != "" {
		http.Redirect(w, r, "/simulator/", http.StatusSeeOther)
		return
	}
	l := s.language(tag)
	data := pageData{
		Language: l, Languages: s.settings.Languages, Council: s.settings.Council, Samples: l.Samples, Places: s.settings.Places,
		Photos: sampleNames[:], Desk: s.settings.DeskLink != nil,
	}
	for _, n := range kinds {
		data.Phones = append(data.Phones, pagePhone{Kind: string(n), Closed: slices.Contains(s.settings.Closed, n), Pin: channels.Can(n).PinButton})
	}
	for _, lever := range s.settings.Levers {
		data.Levers = append(data.Levers, lever.Key)
	}
	t, err := s.index.Clone()
	if err == nil {
		var b bytes.Buffer
		t.Funcs(template.FuncMap{"w": func(key string, vars ...string) string { return s.say(tag, "simulator."+key, vars...) }})
		if err = t.Execute(&b, data); err == nil {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(b.Bytes())
			return
		}
	}
	s.log.ErrorContext(r.Context(), "simulator: the page cannot be drawn", "error", err)
	http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
}

// asset is a part of the page, asked for again each time but sent once.
func (s *Simulator) asset(w http.ResponseWriter, r *http.Request) {
	f, ok := s.files[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.etag)
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.kind)
	_, _ = w.Write(f.bytes)
}

// photo is what the visitor sent, to the visitor alone. What no browser should open is saved.
func (s *Simulator) photo(w http.ResponseWriter, r *http.Request) {
	v := s.visitor(w, r)
	s.mu.Lock()
	one, ok := s.pictures.byID[r.PathValue("id")]
	s.mu.Unlock()
	if !ok || one.owner != v.id {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Type", one.kind)
	if !shows(one.kind) {
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", "attachment")
	}
	_, _ = w.Write(one.bytes)
}
