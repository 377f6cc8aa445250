package dialog

import (
	"slices"
	"strconv"
)

// The kinds of Piece.
const (
	piecePhoto = "photo"
	piecePlace = "place"
	pieceText  = "text"
	pieceMiss  = "miss"
)

// pieces takes photo, file, pin and voice: into the first slot that accepts them, asked or not; at rest they wait until we know what about.
func (t *turn) pieces() {
	if t.elsewhere() {
		return
	}
	for _, kind := range t.in.Media {
		switch kind {
		case "photo", "file":
			t.photo()
		case "voice", "audio", "video":
			t.voice()
			return
		}
	}
	if t.in.Location != nil {
		t.pin()
	}
	if len(t.in.Media) > 0 && !t.got && t.in.Text == "" {
		t.quiet = true // a sticker
	}
}

// photo joins a photo to the photo question's answer, up to its limit.
func (t *turn) photo() {
	t.got = true
	v, ok := t.now()
	if !ok {
		t.keepEarly(Piece{Message: t.in.Message, Kind: piecePhoto})
		if t.in.Text == "" && !t.photoOfCase() {
			t.say("repair.early_photo")
			t.menu()
		}
		return
	}
	q := photoQuestion(&v)
	if q == nil {
		t.keepEarly(Piece{Message: t.in.Message, Kind: piecePhoto})
		t.say("repair.kept_photo")
		return
	}
	t.takePhoto(v.run, q, t.in.Message)
}

// photoQuestion is the open question if it asks a photo; else the first photo question, answered or still to come.
func photoQuestion(v *view) *Question {
	if q := v.question(); q != nil && q.Kind == AskPhoto {
		return q
	}
	for i := range v.tree.Questions {
		if q := &v.tree.Questions[i]; q.Kind == AskPhoto && (q.When == nil || q.When.holds(v) || v.open >= 0 && v.open <= i) {
			return q
		}
	}
	return nil
}

func (t *turn) takePhoto(run *Run, q *Question, message string) {
	from := Caught
	if open := t.open(); open != nil && open.Slot == q.Slot {
		from = Asked
	}
	v, _ := t.now()
	count := addPhoto(run, q, message, from, v.asked(q.Slot) != nil)
	if count >= q.Upto {
		t.say("repair.photos_enough", Var{Name: "Count", Count: q.Upto})
		return
	}
	if count == 0 {
		t.say("repair.got_photo")
	} else {
		t.say("repair.got_more", Var{Name: "Count", Count: count + 1})
	}
	changing := run.Change == q.Slot
	if changing {
		run.Change, t.readBack = "", true
	}
	run.Misses, t.s.Misses, t.s.Offered = 0, 0, Offer{}
	t.emit(Stepped{Tree: run.Tree, Slot: q.Slot, What: from})
}

// addPhoto joins a photo to a run's answer, unless there are enough, and tells how many there were.
func addPhoto(run *Run, q *Question, message, from string, live bool) (count int) {
	old := run.answer(q.Slot)
	if old != nil && old.From != Skipped {
		count, _ = strconv.Atoi(old.Value)
	}
	if count >= q.Upto {
		return count
	}
	a := Answer{Slot: q.Slot, Value: strconv.Itoa(count + 1), From: from}
	if count > 0 {
		a.Messages, a.From = slices.Clone(old.Messages), old.From
	}
	if message != "" && !slices.Contains(a.Messages, message) && len(a.Messages) < maxMessages {
		a.Messages = append(a.Messages, message)
	}
	run.put(a, live)
	return count
}

// voice says that we cannot listen. It is no miss; said twice running, the question alone is enough.
func (t *turn) voice() {
	if t.s.Offered.Prompt == "voice" {
		t.again()
		return
	}
	t.prompt("voice", "", Line{Key: "voice.ask"}, "person")
	t.final.Repair = true
}
