package concierge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"concierge/channels"
)

// What the spool keeps, by its kind byte. A record is a line of JSON, and for what could not be read the bytes as they came.
const (
	keptMessage byte = 1
	keptReceipt byte = 2
	keptUnread  byte = 3
)

// unread is what is authentic and could not be read.
type unread struct {
	Channel channels.Name
	ID      string
	Row     string // our id for it: copied twice it is one
}

var errRecord = errors.New("a record of the spool that this version does not know")

func messageRecord(m channels.Message) []byte {
	m = legible(m)
	return line(m)
}

func receiptRecord(r channels.Receipt) []byte { return line(r) }

func unreadRecord(u unread, raw []byte) []byte { return append(line(u), raw...) }

// line is JSON and a line feed, which JSON never holds.
func line(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err)) // plain structs of ours: it cannot fail
	}
	return append(b, '\n')
}

func readLine(data []byte, v any) (rest []byte, err error) {
	head, rest, ok := bytes.Cut(data, []byte{'\n'})
	if !ok || json.Unmarshal(head, v) != nil {
		return nil, errRecord
	}
	return rest, nil
}
