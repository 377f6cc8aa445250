package dialog

// standing is where a session stands, as a fingerprint: what was answered, opened, parked, kept for later and offered. What only counts
// tries is no part of it. It is taken before the turn and after it, so that what a turn changes in place is seen.
type standing struct{ steps, offer uint64 }

func standingOf(s *Session) standing {
	f := fingerprint(fnvBasis)
	for _, runs := range [2][]Run{s.Stack, s.Parked} {
		for i := range runs {
			r := &runs[i]
			f.number(r.No)
			f.text(r.Tree)
			f.text(r.Change)
			f.text(r.About)
			for j := range r.Answers {
				a := &r.Answers[j]
				f.text(a.Slot)
				f.text(a.Value)
				f.number(len(a.Messages))
			}
			f.number(len(r.Answers))
		}
		f.number(len(runs))
	}
	for i := range s.Early {
		if s.Early[i].Kind != pieceText { // the last text is kept whatever it was
			f.text(s.Early[i].Message)
			f.text(s.Early[i].Kind)
		}
	}
	o := fingerprint(fnvBasis)
	o.number(s.Offered.Run)
	o.text(s.Offered.Slot)
	o.text(s.Offered.Prompt)
	o.text(s.Offered.Extra)
	for _, v := range s.Offered.Values {
		o.text(v)
	}
	return standing{uint64(f), uint64(o)}
}

// idle tells whether a turn that ends has left the session where it stood: nothing was answered, asked for or done. What we offered may
// change without the resident doing anything, when it is we who did not understand.
func (t *turn) idle() bool {
	for _, e := range t.out {
		switch e.(type) {
		case Filed, Joined, HandedOff, LanguageChosen, UpdatesSet, FixedAnswered, Added, Rated, RightsAsked, Stopped:
			return false
		}
	}
	now := standingOf(&t.s)
	return now.steps == t.stood.steps && (t.final.Repair || now.offer == t.stood.offer)
}

// fingerprint is FNV-1a, without the allocation of hash/fnv.
type fingerprint uint64

const (
	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211
)

func (f *fingerprint) text(s string) {
	for i := range len(s) {
		*f = (*f ^ fingerprint(s[i])) * fnvPrime
	}
	*f = (*f ^ 0xff) * fnvPrime // where one ends and the next begins: never in UTF-8
}

func (f *fingerprint) number(n int) {
	for range 4 {
		*f = (*f ^ fingerprint(n&0xff)) * fnvPrime
		n >>= 8
	}
}
