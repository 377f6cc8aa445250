package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// tolerance is how old or early a signed request may be (standardwebhooks.com, "Verifying webhook authenticity").
const tolerance = 5 * time.Minute

func now() time.Time { return time.Now() }

// signed holds a request to the Standard Webhooks headers: webhook-id, webhook-timestamp, and webhook-signature
// "v1,<base64 HMAC-SHA256 of id.timestamp.body>", several parted by spaces; any of the secrets "whsec_…" may have made one.
func signed(h http.Header, body []byte, secrets []string, at time.Time) bool {
	id, stamp := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" {
		return false
	}
	if age := at.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return false
	}
	good := false
	for _, secret := range secrets {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(raw) == 0 {
			continue
		}
		m := hmac.New(sha256.New, raw)
		m.Write([]byte(id + "." + stamp + "."))
		m.Write(body)
		want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
		for _, got := range strings.Fields(h.Get("Webhook-Signature")) {
			good = hmac.Equal([]byte(got), []byte(want)) || good
		}
	}
	return good
}
