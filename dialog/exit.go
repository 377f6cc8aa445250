package dialog

// exit leaves the whole stack: at once when nothing was answered, else asked once; EXIT again deletes.
func (t *turn) exit() {
	answers := 0
	for _, r := range t.s.Stack {
		answers += len(r.Answers)
	}
	switch {
	case len(t.s.Stack) == 0:
		t.say("exit.nothing")
		t.s.Offered = Offer{}
		t.asked = true
	case answers == 0:
		t.s.Stack = t.s.Stack[:0]
		t.say("exit.left")
		t.s.Offered = Offer{}
		t.asked = true
	case t.s.Offered.Prompt == "exit":
		t.leave(false)
	default:
		t.prompt("exit", "", Line{Key: "exit.ask"}, "keep", "delete")
	}
}

// leave empties the stack; what is kept is parked.
func (t *turn) leave(keep bool) {
	t.s.Offered = Offer{}
	if keep {
		for len(t.s.Stack) > 0 {
			t.park()
		}
		t.say("exit.kept")
	} else {
		t.s.Stack, t.s.Early, t.s.Missed = t.s.Stack[:0], nil, nil
		t.say("exit.deleted")
	}
	t.asked = true
}

func (t *turn) askRestart() {
	if run := t.front(); run == nil || len(run.Answers) == 0 {
		t.again()
		return
	}
	t.prompt("restart", "", Line{Key: "exit.restart"}, "restart", "go_on")
}

// restart empties the run in front, or goes on.
func (t *turn) restart(yes bool) {
	if run := t.front(); yes && run != nil {
		run.Answers, run.Change, run.Misses, run.Stops, run.Near = nil, "", 0, nil, false
	}
	t.proceed()
}
