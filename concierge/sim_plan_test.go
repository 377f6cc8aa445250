package concierge

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// simPlan is one schedule: who there is, what the provider answers to each resident's sends in turn, and what happens. It is a value:
// run again, the same happens.
type simPlan struct {
	Nodes     int
	Residents int
	Answers   [simResidents][]simAnswer // after these everything is taken
	Torn      int                       // of bytes not synced at a crash, how many percent are there all the same
	Silent    bool                      // no callback comes after the faults have stopped
	Steps     []simStep
}

const simResidents = 3

// simStep is one thing that happens. A, B and C choose among what there is at that moment. Lazy: nobody sends or stores after it.
type simStep struct {
	Op      simOp
	A, B, C int
	Lazy    bool
}

func (s simStep) String() string {
	lazy := ""
	if s.Lazy {
		lazy = " lazy"
	}
	return fmt.Sprintf("%s %d %d %d%s", s.Op, s.A, s.B, s.C, lazy)
}

type simOp int

const (
	simWrite    simOp = iota // a resident writes: plain, twice at once, or on its way for long
	simReport                // they report something
	simStop                  // STOP or START
	simDeliver               // what is on its way arrives, or what was delivered comes again
	simAnswerOp              // the provider answers a call it has kept waiting
	simTell                  // a callback
	simPass                  // time passes
	simLook                  // a node looks for what is due
	simWork                  // a job is worked
	simAgent                 // somebody of staff takes over, replies, returns
	simMove                  // the status of a case changes
	simKill                  // a node dies at its next calls
	simStart                 // a dead node starts again
	simLeave                 // the database goes
	simBackOp                // it comes back
	simSlow                  // a transaction waits
	simSweep                 // a node looks through the provider's list
	simOps
)

var simOpNames = [...]string{"write", "file", "stop", "deliver", "answer", "tell", "pass", "look", "work", "agent", "move", "kill", "start",
	"leave", "back", "slow", "sweep"}

func (o simOp) String() string { return simOpNames[o] }

// How often each happens, of a hundred or so.
var simWeights = [simOps]int{22, 6, 3, 7, 7, 7, 12, 5, 6, 8, 5, 6, 4, 4, 4, 3, 2}

// simAnswer is what the provider does with a call.
type simAnswer int

const (
	simOK          simAnswer = iota
	simHold                  // keeps it waiting
	simTakeHold              // takes it, and keeps it waiting
	simThrottle              // 429 with Retry-After
	simFiveHundred           // 500, not taken
	simTakeFive              // 500, and taken
	simReset                 // the connection breaks before it was taken
	simTakeReset             // the connection breaks after it was taken
	simHang                  // no answer, not taken
	simTakeHang              // no answer, and taken
	simNoConnection
	simRefused
	simUnreachable
	simConfiguration
	simAnswers
)

var simAnswerNames = [...]string{"ok", "hold", "take and hold", "429", "500", "take and 500", "reset", "take and reset", "hang", "take and hang",
	"no connection", "refused", "unreachable", "configuration"}

func (a simAnswer) String() string { return simAnswerNames[a] }

var simPauses = [...]time.Duration{20 * time.Millisecond, 300 * time.Millisecond, time.Second, 2500 * time.Millisecond, 6 * time.Second, 16 * time.Second,
	31 * time.Second, 61 * time.Second, 3 * time.Minute, 11 * time.Minute}

func drawPlan(t *rapid.T) simPlan {
	var ops []simOp
	for op, n := range simWeights {
		for range n {
			ops = append(ops, simOp(op))
		}
	}
	small := rapid.IntRange(0, 11)
	step := rapid.Custom(func(t *rapid.T) simStep {
		return simStep{Op: rapid.SampledFrom(ops).Draw(t, "op"), A: small.Draw(t, "a"), B: small.Draw(t, "b"), C: small.Draw(t, "c"),
			Lazy: small.Draw(t, "lazy") > 8}
	})
	answer := rapid.Custom(func(t *rapid.T) simAnswer {
		return simAnswer(max(0, rapid.IntRange(-int(simAnswers), int(simAnswers)-1).Draw(t, "answer")))
	})
	p := simPlan{Nodes: rapid.IntRange(1, 3).Draw(t, "nodes"), Residents: rapid.IntRange(1, simResidents).Draw(t, "residents"),
		Torn: 50 * rapid.IntRange(0, 2).Draw(t, "torn"), Silent: rapid.Bool().Draw(t, "silent")}
	for i := range p.Residents {
		p.Answers[i] = rapid.SliceOfN(answer, 0, 8).Draw(t, "answers")
	}
	for range 4 { // one long list would mostly be drawn short
		p.Steps = append(p.Steps, rapid.SliceOfN(step, 0, 8).Draw(t, "steps")...)
	}
	return p
}

func (p simPlan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d nodes, %d residents, torn %d %%, silent %v\n", p.Nodes, p.Residents, p.Torn, p.Silent)
	for i := range p.Residents {
		fmt.Fprintf(&b, "answers to resident %d: %v\n", i, p.Answers[i])
	}
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "%2d %v\n", i, s)
	}
	return b.String()
}
