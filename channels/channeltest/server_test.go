package channeltest

import (
	"fmt"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// A handler that hangs on purpose, over a body that never ends, must not outlive its provider.
func TestClosingEndsWhatHangs(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s := NewTelegram(TelegramOptions{})
	s.Script(Fault{Hang: true, Call: "sendMessage"})
	c, err := net.Dial("tcp", s.URL()[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	const form = "--x\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n--x--\r\n"
	_, err = fmt.Fprintf(c, "POST /bot%s/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n%s",
		TelegramToken, len(form)+10, form)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); !spent(&s.faults); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the call never came to its fault")
		}
	}
	s.Close()
	goleak.VerifyNone(t, before)
}

// spent tells that every fault has been met.
func spent(f *faults) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.list) == 0
}
