package api

import (
	"crypto/sha256"
	"crypto/subtle"

	"concierge/council"
)

// key is a partner's, hashed: keys of any length are compared in the same time.
type key struct {
	hash    [sha256.Size]byte
	partner string
}

func keysOf(partners map[string]council.Partner) []key {
	var all []key
	for name, p := range partners {
		for _, secret := range p.Keys.In {
			all = append(all, key{sha256.Sum256([]byte(secret)), name})
		}
	}
	return all
}

// find looks at every key, whichever it is.
func find(all []key, secret string) (partner string, ok bool) {
	hash := sha256.Sum256([]byte(secret))
	for _, k := range all {
		if subtle.ConstantTimeCompare(hash[:], k.hash[:]) == 1 {
			partner, ok = k.partner, true
		}
	}
	return partner, ok && secret != ""
}
