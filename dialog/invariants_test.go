package dialog_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concierge/dialog"
)

// What a resident may send, sense and nonsense; "" is a sticker.
var texts = []string{"pothole", "big pothole outside 12 Stratford Road", "street light not working", "park", "park path is overgrown", "no", "yes", "1", "2", "3",
	"4", "5", "9", "0", "12 Stratford Road", "Moseley Road", "victoria road", "high street", "london", "b11 1aa", "cannon hill park", "the lake", "road", "crossing",
	"large", "small", "collapse", "leaning", "it is out", "skip", "back", "change", "change 2", "change size", "change place", "send", "menu", "exit",
	"restart", "status", "language", "polski", "english", "privacy", "my data", "updates off", "repeat", "?", "zzz qqq", "qqq", "by the thing", "no its 14 stratford rd", "the blue door",
	"fuck off", "this is useless", "C7K-4M95", "C7K-4M96", "👍", "👎", "...", "", "how long does it take", "still there", "not on the road but the cycle path",
	"i smell gas", strings.Repeat("a long story ", 60)}

func anyInput(t *rapid.T, n int) dialog.Input {
	in := dialog.Input{Message: fmt.Sprintf("018f3b1c-0000-7000-8000-%012d", n), Kind: dialog.Text, Plain: rapid.Bool().Draw(t, "plain"), Upload: rapid.Bool().Draw(t, "upload"),
		Since: rapid.SampledFrom([]time.Duration{5 * time.Second, time.Minute, time.Minute, time.Minute, time.Hour, 30 * time.Hour}).Draw(t, "since")}
	switch rapid.IntRange(0, 20).Draw(t, "kind") {
	case 0:
		in.Kind, in.Media = dialog.Media, []string{rapid.SampledFrom([]string{"photo", "photo", "voice", "sticker"}).Draw(t, "media")}
	case 1:
		in.Kind, in.Location = dialog.Pin, &dialog.Location{Lat: rapid.SampledFrom([]float64{52.45, 52.40, 51}).Draw(t, "lat"), Lon: -1.9}
	case 2:
		in.Kind = dialog.Press
		in.Press = fmt.Sprintf("%d:%s=%s", rapid.IntRange(10, 20).Draw(t, "run"), rapid.SampledFrom([]string{"danger", "size", "where", "fault", ".review",
			".exit", ".menu", "photo"}).Draw(t, "slot"), rapid.SampledFrom([]string{"no", "large", "collapse", "road", "skip", "send", "delete", "pothole", "more"}).Draw(t, "value"))
	case 3:
		in.Kind, in.Edits, in.Text = dialog.Edit, fmt.Sprintf("018f3b1c-0000-7000-8000-%012d", rapid.IntRange(0, n).Draw(t, "edits")), "14 Stratford Road"
	default:
		in.Text = rapid.SampledFrom(texts).Draw(t, "text")
	}
	if rapid.IntRange(0, 9).Draw(t, "about") == 0 {
		in.About, in.Fixed = []string{"C7K-4M95"}, rapid.Bool().Draw(t, "fixed")
	}
	return in
}

func copied(t *rapid.T, s dialog.Session) dialog.Session {
	data, err := dialog.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > dialog.MaxSession {
		t.Fatalf("a session of %d bytes", len(data))
	}
	got, err := dialog.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// walk takes a resident through up to 25 messages and calls each after every turn.
func walk(t *rapid.T, e *dialog.Engine, w *town, each func(before, after dialog.Session, in dialog.Input, events []dialog.Event)) dialog.Session {
	s := dialog.Session{Lang: "en", Runs: 11}
	for n := range rapid.IntRange(1, 25).Draw(t, "messages") {
		in := anyInput(t, n)
		after, events := e.Turn(context.Background(), w, s, in)
		after = copied(t, after)
		if each != nil {
			each(s, after, in, events)
		}
		s = after
	}
	return s
}

func anyTown(t *rapid.T) *town {
	w := &town{broken: rapid.IntRange(0, 9).Draw(t, "broken") == 0}
	if rapid.Bool().Draw(t, "neighbours") {
		w.near = []dialog.CaseBrief{oneCase}
	}
	if rapid.Bool().Draw(t, "cases") {
		w.mine = []dialog.CaseBrief{oneCase, twoCase}
	}
	return w
}

func text(s string) dialog.Input {
	return dialog.Input{Message: "m", Kind: dialog.Text, Text: s, Since: time.Minute, Plain: true}
}

func TestInvariantsOfEveryTurn(t *testing.T) {
	e := engine(t, "en", "ur", "pl")
	rapid.Check(t, func(t *rapid.T) {
		filed, never := map[int]bool{}, map[int]bool{}
		w := anyTown(t)
		walk(t, e, w, func(before, after dialog.Session, in dialog.Input, events []dialog.Event) {
			was := copied(t, before)
			again, same := e.Turn(context.Background(), w, before, in)
			if !reflect.DeepEqual(copied(t, again), after) || !reflect.DeepEqual(same, events) {
				t.Fatal("(1) the same turn came out differently")
			}
			if !reflect.DeepEqual(was, copied(t, before)) {
				t.Fatal("(1) a turn wrote into the session it was given")
			}
			now := e.Now(after)
			for _, a := range now.Answers {
				if a.Slot == now.Slot && after.Stack[len(after.Stack)-1].Change != now.Slot {
					t.Fatalf("(2) %s is asked and has an answer", now.Slot)
				}
			}
			endsInOne(t, after, events)
			for _, ev := range events {
				switch ev := ev.(type) {
				case dialog.Filed:
					if filed[ev.Run] || never[ev.Run] {
						t.Fatalf("(9) run %d is filed again, or after it was stopped", ev.Run)
					}
					filed[ev.Run] = true
					if live := e.Now(before); !live.Review || live.Run != ev.Run {
						t.Fatalf("(9) filed from %+v by %q", live, in.Text)
					}
				case dialog.Stopped:
					if run := e.Now(before).Run; ev.Never && run != e.Now(after).Run {
						never[run] = true
					}
				}
			}
			stoppersFire(t, e, before, after, events)
		})
	})
}

// endsInOne is invariant 7: one open question or prompt, its last line; or rest; or a person.
func endsInOne(t *rapid.T, s dialog.Session, events []dialog.Event) {
	asking, handed := 0, false
	var last dialog.Said
	for _, ev := range events {
		switch ev := ev.(type) {
		case dialog.Said:
			if len(ev.Choices) > 0 || ev.Pin || ev.Upload != (dialog.Upload{}) {
				asking++
			}
			if !ev.Safety {
				last = ev
			}
			if len(ev.Lines) == 0 || slices.ContainsFunc(ev.Lines, dialog.Line.IsZero) {
				t.Fatalf("a message with an empty line: %+v", ev)
			}
		case dialog.HandedOff:
			handed = true
		}
	}
	if asking > 1 {
		t.Fatalf("(7) two questions in one turn: %+v", events)
	}
	if !handed && len(last.Lines) > 0 && len(s.Stack) > 0 && s.Offered.Run == 0 {
		t.Fatalf("(7) a tree is open and nothing is asked: %+v", events)
	}
	if len(last.Choices) > 0 && len(s.Offered.Values) == 0 && s.Offered.Prompt != "review" {
		t.Fatalf("(7) choices that nobody remembers: %+v", last)
	}
	for _, c := range last.Choices {
		if len(c.Data) > 64 {
			t.Fatalf("a button with %d bytes: %s", len(c.Data), c.Data)
		}
	}
	if n := len(last.Choices); n > 10 {
		t.Fatalf("%d choices", n)
	}
}

// stoppersFire is invariant 13, for the one that goes on.
func stoppersFire(t *rapid.T, e *dialog.Engine, before, after dialog.Session, events []dialog.Event) {
	was, is := e.Now(before), e.Now(after)
	collapsed := func(n dialog.Now) bool {
		return slices.ContainsFunc(n.Answers, func(a dialog.Answer) bool { return a.Slot == "size" && a.Value == "collapse" })
	}
	if is.Tree != "pothole" || !collapsed(is) || was.Run == is.Run && collapsed(was) || len(before.Parked) > 0 || len(before.Stack) > 1 {
		return
	}
	if !slices.ContainsFunc(events, func(ev dialog.Event) bool { s, ok := ev.(dialog.Stopped); return ok && s.Answer == "size.collapse" }) {
		t.Fatal("(13) the road fell in and nobody was told")
	}
}

func TestTheOrderOfAnswersDoesNotMatter(t *testing.T) {
	e := engine(t, "en")
	rapid.Check(t, func(t *rapid.T) {
		all := []dialog.Answer{{Slot: "danger", Value: "no"}, {Slot: "location", Value: `{"lat":52.4,"lon":-1.8,"pt":true}`}, {Slot: "where", Value: "road"},
			{Slot: "size", Value: rapid.SampledFrom([]string{"small", "collapse"}).Draw(t, "size")}, {Slot: "photo", From: dialog.Skipped}, {Slot: "details", Value: "x"}}
		file := func(answers []dialog.Answer) dialog.Filed {
			s := dialog.Session{Lang: "en", Runs: 12, Stack: []dialog.Run{{No: 12, Tree: "pothole", Answers: answers, Near: true}}}
			s, _ = e.Turn(context.Background(), &town{}, s, text("repeat"))
			_, events := e.Turn(context.Background(), &town{}, s, text("send"))
			for _, ev := range events {
				if f, ok := ev.(dialog.Filed); ok {
					return f
				}
			}
			t.Fatalf("not filed: %+v", events)
			return dialog.Filed{}
		}
		if a, b := file(all), file(rapid.Permutation(all).Draw(t, "order")); !reflect.DeepEqual(a, b) {
			t.Fatalf("(3) %+v\n%+v", a, b)
		}
	})
}

func TestBackDropsTheNewestLiveAnswer(t *testing.T) {
	e := engine(t, "en", "ur", "pl")
	rapid.Check(t, func(t *rapid.T) {
		s := walk(t, e, &town{}, nil)
		before := e.Now(s)
		if before.Tree == "" || len(before.Answers) == 0 || s.Stack[len(s.Stack)-1].Change != "" {
			return
		}
		answers := s.Stack[len(s.Stack)-1].Answers
		newest := -1
		for i, a := range answers {
			if slices.ContainsFunc(before.Answers, func(l dialog.Answer) bool { return l.Slot == a.Slot }) {
				newest = i
			}
		}
		after, _ := e.Turn(context.Background(), &town{}, s, text("back"))
		want := slices.Delete(slices.Clone(answers), newest, newest+1)
		if got := after.Stack[len(after.Stack)-1].Answers; len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("(4) of %+v\nBACK left %+v", answers, got)
		}
	})
}

func TestChangingThereAndBackIsTheIdentity(t *testing.T) {
	e := engine(t, "en")
	data := played(t, e, "pothole outside 12 Stratford Road\nno\nroad\nlarge\nskip\nskip")
	rapid.Check(t, func(t *rapid.T) {
		s, _ := dialog.Decode(data)
		values := func(s dialog.Session) (all []string) {
			for _, a := range s.Stack[0].Answers {
				all = append(all, a.Slot+"="+a.Value)
			}
			return all
		}
		was := values(s)
		to := rapid.SampledFrom([]string{"small", "medium", "collapse", "not_sure"}).Draw(t, "to")
		there, _ := e.Turn(context.Background(), &town{}, s, dialog.Input{Kind: dialog.Press, Press: "12:size=" + to, Since: time.Minute})
		for i, v := range values(there) {
			if v != was[i] && v != "size="+to {
				t.Fatalf("(5) changing the size changed %s to %s", was[i], v)
			}
		}
		back, _ := e.Turn(context.Background(), &town{}, there, dialog.Input{Kind: dialog.Press, Press: "12:size=large", Since: time.Minute})
		if !slices.Equal(values(back), was) {
			t.Fatalf("(5) %v came back as %v", was, values(back))
		}
	})
}

func TestFourMissesReachAPerson(t *testing.T) {
	e := engine(t, "en", "ur", "pl")
	trees := settings(t, "en").Trees
	rapid.Check(t, func(t *rapid.T) {
		s := walk(t, e, &town{}, nil)
		if now := e.Now(s); now.Tree != "" && now.Slot != "" && trees.Tree(now.Tree).Question(now.Slot).Kind == dialog.AskText {
			return // a text question takes anything
		}
		said := ""
		for range 12 { // words for a place may answer it; then the next question is missed
			var events []dialog.Event
			s, events = e.Turn(context.Background(), &town{}, s, text("qqq zzz xxx"))
			now := ""
			for _, ev := range events {
				switch ev := ev.(type) {
				case dialog.HandedOff:
					return
				case dialog.Said:
					now += fmt.Sprint(ev.Lines)
				}
			}
			if now == said {
				t.Fatalf("(6) the same words twice: %s", now)
			}
			said = now
			if n := e.Now(s); n.Slot == "details" || n.Slot == "column" {
				return
			}
		}
		t.Fatalf("(6) no person after twelve: %+v", s)
	})
}

func TestExitThenTwoIsAtRest(t *testing.T) {
	e := engine(t, "en", "ur", "pl")
	rapid.Check(t, func(t *rapid.T) {
		s := walk(t, e, anyTown(t), nil)
		s, _ = e.Turn(context.Background(), &town{}, s, text("exit"))
		s, _ = e.Turn(context.Background(), &town{}, s, text("2"))
		if len(s.Stack) > 0 {
			t.Fatalf("(8) still open: %+v", s.Stack)
		}
	})
}

func TestADigressionLeavesWhatIsBelowAlone(t *testing.T) {
	e := engine(t, "en", "ur", "pl")
	rapid.Check(t, func(t *rapid.T) {
		w := &town{mine: []dialog.CaseBrief{oneCase}}
		s := walk(t, e, w, nil)
		for _, text := range []dialog.Input{text("status"), text("privacy"), text("bot"), text("my data"), text("polski")} {
			after, _ := e.Turn(context.Background(), w, s, text)
			if len(after.Stack) != len(s.Stack) || len(s.Stack) > 0 && !reflect.DeepEqual(copied(t, after).Stack, s.Stack) {
				t.Fatalf("(10) %q changed %+v\nto %+v", text.Text, s.Stack, after.Stack)
			}
		}
	})
}

func TestAnOldButtonChangesItsOwnRunOrNothing(t *testing.T) {
	e := engine(t, "en", "ur", "pl")
	rapid.Check(t, func(t *rapid.T) {
		s := walk(t, e, &town{}, nil)
		in := dialog.Input{Message: "m", Kind: dialog.Press, Since: time.Minute,
			Press: fmt.Sprintf("%d:%s=%s", rapid.IntRange(90, 99).Draw(t, "run"), rapid.SampledFrom([]string{"size", "danger", ".exit", ".review", "photo"}).Draw(t, "slot"),
				rapid.SampledFrom([]string{"large", "no", "delete", "send", "skip"}).Draw(t, "value"))}
		after, _ := e.Turn(context.Background(), &town{}, s, in)
		if len(s.Stack) != len(after.Stack) {
			t.Fatalf("(12) %s opened or closed something", in.Press)
		}
		for i := range s.Stack {
			if !reflect.DeepEqual(s.Stack[i].Answers, after.Stack[i].Answers) {
				t.Fatalf("(12) %s changed run %d", in.Press, s.Stack[i].No)
			}
		}
	})
}
