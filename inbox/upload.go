package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/seal"
)

// What a link to the upload page is good for (docs/channels.md).
const (
	uploadLasts = 24 * time.Hour
	MostPhotos  = 3 // as many as one question takes
	mostParts   = 8 // photos and places together
)

// ErrNoUpload is returned for a link that is none of ours, or has ended: nobody is told which.
var ErrNoUpload = errors.New("no such upload link")

// Upload is a link to the page that takes a photo or a place, for phones that can send neither. It belongs to one question of one
// conversation.
type Upload struct {
	Hash         string // of the token
	Conversation string
	Run          int
	Slot         string
	Service      string // what it is about
	Photo, Place bool   // what it takes
	Photos       int    // how many came
}

// UploadPart is one thing that came by a link. Sent twice it is one part: Content tells.
type UploadPart struct {
	N       int
	Content string // keyed hash of what was sent
	Blob    string // "" for a place
	Bytes   int
}

// ID is the provider's id of the part's message: the second of it is a repeat.
func (u Upload) ID(p UploadPart) string { return fmt.Sprintf("upload:%s:%d", u.Hash, p.N) }

// LinkUpload makes a link as part of a batch and gives its token.
func (in *Inbox) LinkUpload(b *database.Batch, c *Conversation, u Upload, now time.Time) (token string) {
	token = seal.NewToken()
	b.Exec(`INSERT INTO uploads (hash, conversation_id, run, slot, service, photo, place, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		seal.Digest(token), c.ID, u.Run, u.Slot, u.Service, u.Photo, u.Place, now.Add(uploadLasts))
	return token
}

// Upload finds what a token is for, and whose it is.
func (in *Inbox) Upload(ctx context.Context, tx *database.Tx, token string) (u Upload, c *Conversation, err error) {
	u.Hash = seal.Digest(token)
	err = tx.QueryRow(ctx, `SELECT u.conversation_id, u.run, u.slot, u.service, u.photo, u.place,
		(SELECT COUNT(*) FROM upload_parts p WHERE p.hash = u.hash AND p.blob <> '')
		FROM uploads u WHERE u.hash = $1 AND u.expires_at > $2`, u.Hash, tx.Now()).
		Scan(&u.Conversation, &u.Run, &u.Slot, &u.Service, &u.Photo, &u.Place, &u.Photos)
	if errors.Is(err, database.ErrNoRows) {
		return u, nil, ErrNoUpload
	}
	if err != nil {
		return u, nil, fmt.Errorf("find upload link: %w", err)
	}
	if c, err = in.Get(ctx, tx, u.Conversation); errors.Is(err, ErrNoConversation) {
		err = ErrNoUpload
	}
	return u, c, err
}

// TakeParts notes what came by a link and gives each part as it is noted: one that came before keeps its number and its blob. What is
// too many is left out, the last first.
func (in *Inbox) TakeParts(ctx context.Context, tx *database.Tx, hash string, parts []UploadPart) ([]UploadPart, error) {
	if tx.Engine() == database.Postgres { // two forms at once take turns; SQLite's writers exclude each other anyway
		if _, err := tx.Exec(ctx, `SELECT hash FROM uploads WHERE hash = $1 FOR UPDATE`, hash); err != nil {
			return nil, fmt.Errorf("lock upload link: %w", err)
		}
	}
	had, err := in.parts(ctx, tx, hash)
	if err != nil {
		return nil, err
	}
	var noted []UploadPart
	for _, p := range parts {
		old, there := had[p.Content]
		switch {
		case there:
			p = old
		case len(had) >= mostParts || p.Blob != "" && photosOf(had) >= MostPhotos:
			continue
		default:
			p.N = len(had)
			if _, err := tx.Exec(ctx, `INSERT INTO upload_parts (hash, n, content, blob, bytes) VALUES ($1, $2, $3, $4, $5)`,
				hash, p.N, p.Content, p.Blob, p.Bytes); err != nil {
				return nil, fmt.Errorf("note upload: %w", err)
			}
			had[p.Content] = p
		}
		noted = append(noted, p)
	}
	return noted, nil
}

func (in *Inbox) parts(ctx context.Context, tx *database.Tx, hash string) (map[string]UploadPart, error) {
	rows, err := tx.Query(ctx, `SELECT n, content, blob, bytes FROM upload_parts WHERE hash = $1`, hash)
	if err != nil {
		return nil, fmt.Errorf("read uploads: %w", err)
	}
	defer rows.Close()
	had := map[string]UploadPart{}
	for rows.Next() {
		var p UploadPart
		if err := rows.Scan(&p.N, &p.Content, &p.Blob, &p.Bytes); err != nil {
			return nil, fmt.Errorf("read uploads: %w", err)
		}
		had[p.Content] = p
	}
	return had, rows.Err()
}

func photosOf(had map[string]UploadPart) (n int) {
	for _, p := range had {
		if p.Blob != "" {
			n++
		}
	}
	return n
}

// Sent is the part as its resident's message, from the address their conversation is with.
func (u Upload) Sent(c *Conversation, p UploadPart, at time.Time) channels.Message {
	m := channels.Message{Channel: c.Channel, Account: "upload", ID: u.ID(p), Handle: channels.Handle(u.ID(p)), From: c.To, To: c.Sender, At: at}
	if p.Blob != "" {
		m.Kind = channels.KindMedia
		m.Media = []channels.Media{{Ref: "blob:" + p.Blob, Kind: "photo", Type: "image/jpeg", Size: int64(p.Bytes)}}
	}
	return m
}
