package dialog

// Now is where a session stands: for the desk, for reminders, for whoever looks over a resident's shoulder.
type Now struct {
	Tree    string   // the tree in front; "" at rest
	Run     int      //
	Slot    string   // the open question; "" at the review
	Review  bool     // all is answered and read back
	Ask     Line     // the open question in short
	Name    Line     // how the tree is called
	Answers []Answer // the live ones, in the order of the questions
}

// Now computes where a session stands. It changes nothing.
func (e *Engine) Now(s Session) Now {
	if len(s.Stack) == 0 {
		return Now{}
	}
	run := s.Stack[len(s.Stack)-1]
	tree := e.tree(&run)
	if tree == nil {
		return Now{}
	}
	v := see(tree, &run)
	n := Now{Tree: tree.Name, Run: run.No, Name: Line{Key: tree.nameKey()}, Answers: v.answers()}
	q := v.question()
	if q == nil {
		n.Review = tree.Review
		return n
	}
	n.Slot = q.Slot
	n.Ask = Line{Key: q.Ask}
	if key := q.Key("short"); e.has[key] && q.Ask == q.Key("ask") {
		n.Ask = Line{Key: key}
	}
	if q.Optional {
		n.Ask.Vars = []Var{{Name: "Skip", Key: "skip.typed"}}
	}
	return n
}
