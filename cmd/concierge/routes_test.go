package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestABodyMustComeInTime: one that trickles in is cut off; one that comes at once and a stream without one are not.
func TestABodyMustComeInTime(t *testing.T) {
	t.Parallel()
	const most = 200 * time.Millisecond
	server := httptest.NewServer(bounded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			plain(w, http.StatusRequestTimeout, "slow")
			return
		}
		if r.Method == http.MethodGet {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(2 * most):
			}
		}
		plain(w, http.StatusOK, "read")
	}), most))
	defer server.Close()
	slow, trickle := io.Pipe()
	defer trickle.Close()
	go func() { _, _ = trickle.Write([]byte("a")) }()
	for _, c := range []struct {
		method string
		body   io.Reader
		want   int
	}{{"POST", slow, http.StatusRequestTimeout}, {"POST", strings.NewReader("a=b"), http.StatusOK}, {"GET", nil, http.StatusOK}} {
		req, err := http.NewRequest(c.method, server.URL, c.body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _ = resp.Body.Close(); resp.StatusCode != c.want {
			t.Errorf("%s is answered with %d, not %d", c.method, resp.StatusCode, c.want)
		}
	}
}
