package dialog

// back drops the newest live answer and asks its question again; a change under way is dropped first.
func (t *turn) back() {
	v, ok := t.now()
	if !ok {
		t.menu()
		return
	}
	if v.run.Change != "" {
		v.run.Change = ""
		t.say("repair.back")
		t.proceed()
		return
	}
	a := v.newest()
	if a == nil {
		t.pop()
		t.menu()
		return
	}
	v.run.drop(a.Slot)
	v.run.Misses = 0
	t.say("repair.back")
	t.proceed()
}
