package upload_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// A form may take minutes to come. Who begins many and ends none keeps nobody else from sending.
func TestOneResidentsFormsLeaveRoomForOthers(t *testing.T) {
	each(t, func(d *desk) {
		path := d.link(true, false)
		var slow []net.Conn
		for range 4 {
			slow = append(slow, d.begin(path))
		}
		if a := d.post(path, photos(shot(1))...); a.code != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
			d.Errorf("a fifth form of one resident is answered %d", a.code)
		}
		if a := d.post(d.link(true, false), photos(shot(1))...); a.code != http.StatusTooManyRequests {
			d.Errorf("another link of theirs is answered %d", a.code)
		}
		first := d.c
		d.must(d.db.Write(ctx, func(tx *database.Tx) error {
			a, err := d.in.Arrive(ctx, tx, channels.Message{Channel: channels.SMS, Account: "us", ID: "second", Kind: channels.KindText,
				From: "sms:+447700900778", To: "sms:+441215550199"}, database.NewID(), time.Now())
			d.c = a.Conversation
			return err
		}))
		if a := d.post(d.link(true, false), photos(shot(2))...); a.code != http.StatusSeeOther {
			d.Errorf("somebody else is answered %d", a.code)
		}
		d.c = first
		fmt.Fprint(slow[0], "5\r\nxxxxx\r\n0\r\n\r\n") // it ends, as none of ours
		if resp, err := http.ReadResponse(bufio.NewReader(slow[0]), nil); err != nil || resp.StatusCode != http.StatusForbidden {
			d.Fatalf("an ended form: %v %v", resp, err)
		}
		if a := d.post(path, photos(shot(3))...); a.code != http.StatusSeeOther {
			d.Errorf("when one has ended the next is answered %d", a.code)
		}
	})
}

// begin sends the head of a form and waits until its body is being read.
func (d *desk) begin(path string) net.Conn {
	d.Helper()
	host := strings.TrimPrefix(d.url, "http://")
	conn, err := net.Dial("tcp", host)
	d.must(err)
	d.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: multipart/form-data; boundary=B\r\nTransfer-Encoding: chunked\r\n"+
		"Expect: 100-continue\r\n\r\n", path, host)
	d.must(conn.SetReadDeadline(time.Now().Add(20 * time.Second)))
	head := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := conn.Read(head); err != nil || !strings.HasPrefix(string(head), "HTTP/1.1 100") {
		d.Fatalf("a form begun: %q %v", head, err)
	}
	return conn
}
