package cases_test

import (
	"testing"

	"pgregory.net/rapid"

	"concierge/cases"
)

// TestNews: nobody is told of what is hidden, private or their own doing, or twice; and every move of another that changed something
// reaches them, however the updates lie.
func TestNews(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := cases.Follower{Contact: "amina", ToldSeq: rapid.Int64Range(0, 12).Draw(r, "told")}
		var all []cases.Update
		state := cases.Received
		before, now, mine := state, state, false
		for seq := int64(1); seq <= rapid.Int64Range(1, 12).Draw(r, "updates"); seq++ {
			u := cases.Update{Seq: seq, By: rapid.SampledFrom([]cases.Actor{asha, works, amina, cases.ByResident("bela")}).Draw(r, "by")}
			u.Hidden = rapid.IntRange(0, 4).Draw(r, "hidden") == 0
			switch rapid.IntRange(0, 2).Draw(r, "kind") {
			case 0:
				u.Kind, u.Text = cases.KindNoted, "a note"
			case 1:
				u.Kind, u.Text, u.Public = cases.KindChanged, "words", u.By.Kind != cases.Resident
				u.From, u.To = state, state
			default:
				to := rapid.SampledFrom(cases.Statuses()).Draw(r, "to")
				u.Kind, u.From, u.To = cases.KindChanged, state, to
			}
			if seq == 1 {
				u = cases.Update{Seq: 1, By: amina, Kind: cases.KindFiled, To: cases.Received}
			}
			if u.To != "" && !u.Hidden {
				state = u.To
				if now = u.To; seq <= f.ToldSeq {
					before = u.To
				}
				mine = seq > f.ToldSeq && u.By == amina
			}
			all = append(all, u)
		}
		news := cases.News(all, f)
		words := false
		for _, u := range news {
			if u.Hidden || u.By == amina || u.Seq <= f.ToldSeq || u.Kind == cases.KindNoted {
				r.Fatalf("told of %+v", u)
			}
			words = words || u.HasPublicText()
		}
		if len(news) > 0 && !words && (mine || f.ToldSeq > 0 && before == now) {
			r.Fatalf("told, though nothing is new: %s after %s", now, before)
		}
		if f.ToldSeq > 0 && before != now && !mine && len(news) == 0 {
			r.Fatalf("%s after %s is not told", now, before)
		}
		last := cases.Follower{Contact: f.Contact, ToldSeq: int64(len(all))}
		if again := cases.News(all, last); len(again) != 0 {
			r.Fatalf("told twice: %+v", again)
		}
	})
}
