package dialog

import (
	"hash/fnv"
	"slices"
	"strconv"
)

// form is how a question is put.
type form int

const (
	full   form = iota
	short       // after a digression
	help1       // after the first miss
	help2       // after the second
	onPage      // the next page of a long list
)

// page is the Prompt of an Offer that shows a part of a long list.
const page = "page"

// Choices on one screen, and on one page of a longer list.
const (
	maxChoices = 10
	perPage    = 8
)

// ask puts a question: its words are the last line, its choices below.
func (t *turn) ask(v *view, q *Question, f form) {
	t.s.Offered = Offer{Run: v.run.No, Slot: q.Slot}
	t.final = Said{Hold: t.hold, Repair: f == help1 || f == help2}
	t.final.Lines = t.questionLines(q, f)
	switch q.Kind {
	case Choose, ChooseMany, YesNo:
		t.list(v, q, 0)
	case AskPlace:
		t.final.Pin = true
	}
	if t.in.Upload {
		t.byLink(v, q, f)
	}
	if q.Optional && q.Choices == nil {
		t.offerSkip(v, q)
	}
	t.asked = true
}

// questionLines are the words: the question's own for this form, or our common ones before it.
func (t *turn) questionLines(q *Question, f form) []Line {
	ask := Line{Key: q.Ask, Vars: t.skipVar(q)}
	brief := ask
	if key := q.Key("short"); t.e.has[key] && q.Ask == q.Key("ask") {
		brief = Line{Key: key, Vars: ask.Vars}
	}
	switch f {
	case short:
		return []Line{brief}
	case help1, help2:
		n := strconv.Itoa(int(f - short))
		if key := q.Key("help_" + n); t.e.has[key] {
			return []Line{{Key: key, Vars: ask.Vars}}
		}
		if f == help1 {
			return []Line{{Key: "repair." + q.Kind + "_" + n}, ask}
		}
		return []Line{{Key: "repair." + q.Kind + "_" + n}, brief}
	}
	return []Line{ask}
}

// skipVar is how to skip, in the words of the channel: "Or reply 1 to skip."
func (t *turn) skipVar(q *Question) []Var {
	if !q.Optional {
		return nil
	}
	if t.in.Plain {
		return []Var{{Name: "Skip", Key: "skip.typed"}}
	}
	return []Var{{Name: "Skip", Key: "skip.pressed"}}
}

func (t *turn) offerSkip(v *view, q *Question) {
	t.s.Offered.Values = []string{skip}
	t.final.Choices = []Choice{{Value: skip, Data: t.data(v.run.No, q.Slot, skip), Label: Line{Key: "skip.label"}}}
	t.final.Named = true
}

// list puts a question's choices below it, by pages of 8 when there are more than 10.
func (t *turn) list(v *view, q *Question, from int) {
	values := q.Choices
	if q.Optional {
		values = append(slices.Clone(values), skip)
	}
	if len(values) > maxChoices {
		t.s.Offered.Prompt = page
		t.s.Offered.Extra = strconv.Itoa(from)
		end := min(from+perPage, len(values))
		values = append(slices.Clone(values[from:end]), more)
	}
	t.s.Offered.Values = values
	t.final.Open = Line{Key: "ask.open"}
	t.final.Choices = make([]Choice, len(values))
	for i, value := range values {
		label := Line{}
		switch value {
		case skip:
			label.Key = "skip.label"
		case more:
			label.Key = "ask.more"
		case "yes", "no":
			label.Key = "ask." + value
			if q.Kind != YesNo {
				label.Key = q.Key(value)
			}
		default:
			label.Key = q.Key(value)
		}
		t.final.Choices[i] = Choice{Value: value, Data: t.data(v.run.No, q.Slot, value), Label: label}
	}
}

// nextPage shows what comes after the page shown, and the first page after the last.
func (t *turn) nextPage(v *view, q *Question) {
	from, _ := strconv.Atoi(t.s.Offered.Extra)
	from += perPage
	if from >= len(q.Choices) {
		from = 0
	}
	t.ask(v, q, onPage)
	t.list(v, q, from)
}

// data is what a button carries: "<run>:<slot>=<value>", at most 64 bytes.
func (t *turn) data(run int, slot, value string) string {
	return strconv.Itoa(run) + ":" + slot + "=" + value
}

// handle stands for a value too long for a button.
func handle(value string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(value))
	return "~" + strconv.FormatUint(h.Sum64(), 36)
}

// again asks what is open once more, in short.
func (t *turn) again() {
	v, ok := t.now()
	if !ok {
		t.menu()
		return
	}
	t.repeat(&v, short)
}

func (t *turn) repeat(v *view, f form) {
	switch q := v.question(); {
	case q != nil:
		t.ask(v, q, f)
	case v.tree.Review:
		t.review(v)
	default:
		t.proceed()
	}
}
