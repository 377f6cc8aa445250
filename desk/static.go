package desk

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"sort"

	"concierge/inbox"
)

//go:embed static
var staticFiles embed.FS

// assets are the style sheet and the scripts, under a name that changes with any of them.
type assets struct {
	hash  string
	files map[string][]byte
}

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// loadAssets reads them and puts the council's colour into the style sheet: a page may not carry styles of its own.
func loadAssets(brand string) (assets, error) {
	a := assets{files: map[string][]byte{}}
	entries, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		return a, err
	}
	sum := sha256.New()
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	for _, e := range entries {
		data, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return a, err
		}
		if e.Name() == "desk.css" && colour.MatchString(brand) {
			data = fmt.Appendf(nil, ":root { --brand: %s; }\n%s", brand, data)
		}
		sum.Write(data)
		a.files[e.Name()] = data
	}
	a.hash = hex.EncodeToString(sum.Sum(nil)[:4])
	return a, nil
}

func (a assets) href(name string) string { return "/desk/static/" + a.hash + "/" + name }

// static serves one of them. A name never changes its bytes, so it may be kept for a year.
func (d *Desk) static(w http.ResponseWriter, r *request) error {
	data, ok := d.assets.files[r.PathValue("name")]
	if !ok || r.PathValue("hash") != d.assets.hash {
		return inbox.ErrNotFound
	}
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	w.Header().Set("Content-Type", types[path.Ext(r.PathValue("name"))])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, err := w.Write(data)
	if err != nil {
		return nil // the browser has gone
	}
	return nil
}
