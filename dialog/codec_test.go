package dialog_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"concierge/dialog"
)

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "size", `{"lat":52.4,"label":"12 \"x\""}`, "اردو", "\x00\u2028<&>\\", "😀"}))
}

func anySession(t *rapid.T) dialog.Session {
	texts := rapid.SliceOfN(anyText(), 1, 3)
	answer := rapid.Custom(func(t *rapid.T) dialog.Answer {
		a := dialog.Answer{Slot: anyText().Draw(t, "slot"), Value: anyText().Draw(t, "value"), Words: anyText().Draw(t, "words"), From: anyText().Draw(t, "from")}
		if rapid.Bool().Draw(t, "sent") {
			a.Messages = texts.Draw(t, "messages")
		}
		return a
	})
	run := rapid.Custom(func(t *rapid.T) dialog.Run {
		r := dialog.Run{No: rapid.Int().Draw(t, "no"), Tree: anyText().Draw(t, "tree"), Misses: rapid.IntRange(-3, 9).Draw(t, "misses"),
			Nudged: rapid.Bool().Draw(t, "nudged"), Near: rapid.Bool().Draw(t, "near"), Change: anyText().Draw(t, "change"),
			About: anyText().Draw(t, "about"), Age: rapid.Int().Draw(t, "age")}
		if rapid.Bool().Draw(t, "answered") {
			r.Answers = rapid.SliceOfN(answer, 1, 9).Draw(t, "answers")
		}
		if rapid.Bool().Draw(t, "stopped") {
			r.Stops = texts.Draw(t, "stops")
		}
		return r
	})
	s := dialog.Session{Lang: anyText().Draw(t, "lang"), Runs: rapid.Int().Draw(t, "runs"), Turns: rapid.Int().Draw(t, "turns"),
		Misses: rapid.IntRange(0, 9).Draw(t, "misses"), Rude: rapid.IntRange(0, 9).Draw(t, "rude"), Guess: anyText().Draw(t, "guess")}
	if rapid.Bool().Draw(t, "busy") {
		s.Stack = rapid.SliceOfN(run, 1, 3).Draw(t, "stack")
		s.Parked = rapid.SliceOfN(run, 1, 2).Draw(t, "parked")
		s.Missed = texts.Draw(t, "missed")
		s.Offered = dialog.Offer{Run: 1, Slot: anyText().Draw(t, "offered"), Prompt: anyText().Draw(t, "prompt"), Values: texts.Draw(t, "values")}
		s.Early = []dialog.Piece{{Message: anyText().Draw(t, "m"), Kind: anyText().Draw(t, "k"), Value: anyText().Draw(t, "v"), Age: 3}}
	}
	return s
}

func TestASessionComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySession(t)
		data, err := dialog.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dialog.Decode(data)
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Fatalf("%s\n%+v\ncame back as\n%+v, %v", data, s, got, err)
		}
		// The tags of session.go and the hand-written codec are one form.
		var plain dialog.Session
		if err := json.Unmarshal(data, &plain); err != nil || !reflect.DeepEqual(plain, s) {
			t.Fatalf("encoding/json reads %s as %+v, %v", data, plain, err)
		}
		other, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := dialog.Decode(other); err != nil || !reflect.DeepEqual(got, s) {
			t.Fatalf("what encoding/json writes, %s, comes back as %+v, %v", other, got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "{}", "null", `{"l":"en","s":[{"n":1,"t":"pothole","a":[{"s":"size","v":"large"}]}]}`, `{"l":"\u00e9"}`, `{"s":[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := dialog.Decode(data)
		var plain dialog.Session
		if plainErr := json.Unmarshal(data, &plain); len(data) > 0 && (err == nil) != (plainErr == nil) {
			t.Fatalf("%q: %v, by encoding/json %v", data, err, plainErr)
		}
		if err != nil {
			return
		}
		again, err := dialog.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := dialog.Decode(again)
		one, two := asJSON(s), asJSON(back)
		if err != nil || one != two {
			t.Fatalf("%q\n%s\n%s\n%v", data, one, two, err)
		}
	})
}

func asJSON(s dialog.Session) string {
	b, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}
