package desk_test

import (
	"bytes"
	"net/http"
	"testing"

	"concierge/channels"
	"concierge/desk"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/media"
)

func TestPhotosAreShownToThoseWhoMayAndNothingRunsInThem(t *testing.T) {
	h := open(t, databasetest.Open(t, database.SQLite, nil), "en")
	store, err := media.OpenFolder(t.TempDir())
	h.must(err)
	t.Cleanup(func() { h.must(store.Close()) })
	h.desk.Media = store
	id := h.receive(channels.Message{From: "whatsapp:+447700900101", Kind: channels.KindMedia, Media: []channels.Media{{Ref: "x", Kind: "photo"}}}, "en")
	h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
	for name, kind := range map[string]string{"photo1": "image/jpeg", "page1": "text/html"} {
		h.must(store.Put(ctx, name, bytes.NewReader([]byte("<script>alert(1)</script>"))))
		h.must(h.write(func(tx *database.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO media (id, message_id, n, kind, ref, state, blob, type, created_at)
				SELECT $1, m.id, $2, 'photo', 'x', 'stored', $1, $3, $4 FROM messages m WHERE m.conversation_id = $5 AND m.inbound`,
				name, map[string]int{"photo1": 0, "page1": 1}[name], kind, tx.Now(), id)
			return err
		}))
	}
	asha, pat := h.sit("Asha", []string{desk.Agent}, []string{"highways"}), h.sit("Pat", []string{desk.Agent}, []string{"parks"})
	for _, c := range []struct {
		who         *sitter
		path        string
		status      int
		kind, saved string
	}{
		{asha, "photo1", http.StatusOK, "image/jpeg", "attachment"}, {asha, "page1", http.StatusOK, "application/octet-stream", "attachment"},
		{asha, "nothing", http.StatusNotFound, "", ""}, {pat, "photo1", http.StatusNotFound, "", ""},
	} {
		resp, err := c.who.Get(h.url + "/desk/media/" + c.path)
		h.must(err)
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s reads %s: %d", c.who.name, c.path, resp.StatusCode)
		}
		if c.status != http.StatusOK {
			continue
		}
		if got := resp.Header.Get("Content-Security-Policy"); got != "sandbox; default-src 'none'" || resp.Header.Get("Content-Type") != c.kind ||
			resp.Header.Get("Content-Disposition") != c.saved || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", c.path, resp.Header)
		}
	}
}
