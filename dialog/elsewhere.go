package dialog

import "slices"

// elsewhere takes what came by a link for another report than the one in front: a photo goes to the case that report became, or to where
// it waits. What has no place any more changes nothing of the report that is open.
func (t *turn) elsewhere() bool {
	front := t.front()
	if t.in.Run == 0 || front != nil && front.No == t.in.Run {
		return false
	}
	photo := slices.Contains(t.in.Media, "photo")
	switch {
	case photo && t.in.Filed != "":
		t.emit(Added{Reference: t.in.Filed, Photos: messages(t.in.Message)})
		t.say("updates.added", Var{Name: "Ref", Text: t.in.Filed})
		t.backBelow()
		return true
	case photo && t.waiting(t.in.Run):
		t.backBelow()
		return true
	case front == nil && t.in.Filed == "":
		return false // nothing is open: it is taken as if it had come by itself
	}
	t.closed()
	return true
}

// waiting puts the photo into a run that waits below, or that was left for later.
func (t *turn) waiting(no int) bool {
	t.s.Parked = slices.Clone(t.s.Parked)
	for _, runs := range [][]Run{t.s.Stack, t.s.Parked} {
		for i := range runs {
			run := &runs[i]
			tree := t.e.tree(run)
			if run.No != no || tree == nil {
				continue
			}
			v := see(tree, run)
			q := photoQuestion(&v)
			if q == nil {
				return false
			}
			if n := addPhoto(run, q, t.in.Message, Caught, v.asked(q.Slot) != nil); n >= q.Upto {
				t.say("repair.photos_enough", Var{Name: "Count", Count: q.Upto})
				return true
			}
			t.say("repair.got_photo")
			t.emit(Stepped{Tree: run.Tree, Slot: q.Slot, What: Caught})
			return true
		}
	}
	return false
}
