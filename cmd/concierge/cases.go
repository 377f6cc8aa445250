package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"concierge/cases"
	"concierge/internal/database"
	"concierge/internal/jobs"
)

type casesCommand struct {
	List   casesList   `cmd:"" help:"List cases, the newest first."`
	Show   casesShow   `cmd:"" help:"Show one case and what happened to it."`
	Change casesChange `cmd:"" help:"Change a case's status; everybody who follows it is told."`
}

type casesList struct {
	Status  []string `help:"Only these: received investigating planned in_progress fixed closed."`
	Service []string `help:"Only these services."`
	Late    bool     `help:"Only those open after what was promised."`
	Limit   int      `default:"50" help:"At most so many, up to 200."`
	JSON    bool     `help:"One JSON object a line."`
}

type casesShow struct {
	Reference string `arg:"" help:"C7K-4M95, in any writing."`
	JSON      bool   `help:"As JSON."`
}

type casesChange struct {
	Reference  string `arg:"" help:"C7K-4M95, in any writing."`
	Status     string `required:"" help:"received investigating planned in_progress fixed closed."`
	Reason     string `help:"Why; fixed and closed need one."`
	NextStep   string `help:"What the resident can do next, or who it is (not_ours, referred)."`
	PlannedFor string `help:"A date to come, 2027-04-05."`
	Text       string `help:"What followers read besides, as written."`
	Language   string `default:"en" help:"The language of that text."`
	IfVersion  int64  `help:"Refuse if the case has changed since this version."`
}

// byCommand is who changes a case from the command line.
var byCommand = cases.Actor{Kind: cases.Staff, ID: "command"}

// cases opens the cases of the database, with a queue that a running serve works off.
func (h *house) cases() (*cases.Cases, *database.DB, error) {
	c, _, err := h.council()
	if err != nil {
		return nil, nil, err
	}
	db, err := h.current()
	if err != nil {
		return nil, nil, err
	}
	queue, err := jobs.New(db, nil, nil, h.log)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return cases.New(cases.RulesOf(c), queue), db, nil
}

// Run prints one line a case.
func (l casesList) Run(h *house) error {
	store, db, err := h.cases()
	if err != nil {
		return err
	}
	defer db.Close()
	f := cases.Filter{Services: l.Service, Late: l.Late, Limit: l.Limit}
	for _, s := range l.Status {
		if !cases.Status(s).Known() {
			return fmt.Errorf("--status %s: there is no such status; they are %v", s, cases.Statuses())
		}
		f.Statuses = append(f.Statuses, cases.Status(s))
	}
	var all []cases.Case
	if err := db.Read(h.ctx, func(tx *database.Tx) (err error) {
		all, err = store.List(h.ctx, tx, f, "")
		return err
	}); err != nil {
		return err
	}
	if l.JSON {
		e := json.NewEncoder(h.out)
		for _, c := range all {
			if err := e.Encode(summary(c)); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(h.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REFERENCE\tSERVICE\tSTATUS\tREASON\tFILED\tPROMISED\tWARD")
	for _, c := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Reference, c.Service, c.Status, c.Reason, day(c.FiledAt), day(c.PromisedAt), c.Place.Ward)
	}
	return w.Flush()
}

// Run prints a case.
func (s casesShow) Run(h *house) error {
	ref, err := cases.ParseReference(s.Reference)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Reference, err)
	}
	store, db, err := h.cases()
	if err != nil {
		return err
	}
	defer db.Close()
	var c cases.Case
	var updates []cases.Update
	if err := db.Read(h.ctx, func(tx *database.Tx) (err error) {
		if c, err = store.Get(h.ctx, tx, ref); err != nil {
			return err
		}
		updates, err = store.Updates(h.ctx, tx, c.ID, 0)
		return err
	}); err != nil {
		return fmt.Errorf("%s: %w", ref, err)
	}
	if s.JSON {
		return json.NewEncoder(h.out).Encode(map[string]any{"case": summary(c), "updates": updates})
	}
	fmt.Fprintf(h.out, "%s  %s  %s %s  version %d\n%s\nfiled %s, due %s, promised %s\n", c.Reference, c.Service, c.Status, c.Reason, c.Version,
		c.Place.Label, day(c.FiledAt), day(c.DueAt), day(c.PromisedAt))
	for _, a := range c.Answers {
		fmt.Fprintf(h.out, "  %s: %s\n", a.Slot, a.Value)
	}
	for _, u := range updates {
		fmt.Fprintf(h.out, "%3d  %s  %s  %s", u.Seq, u.At.Format(time.DateTime), u.By.Kind, u.Kind)
		if u.To != "" {
			fmt.Fprintf(h.out, "  %s → %s %s", u.From, u.To, u.Reason)
		}
		fmt.Fprintln(h.out)
	}
	return nil
}

// Run makes the change and says what stands now. A running serve tells the followers.
func (c casesChange) Run(h *house) error {
	ref, err := cases.ParseReference(c.Reference)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Reference, err)
	}
	store, db, err := h.cases()
	if err != nil {
		return err
	}
	defer db.Close()
	move := cases.Move{To: cases.Status(c.Status), Reason: cases.Reason(c.Reason), NextStep: c.NextStep, PlannedFor: c.PlannedFor, Text: c.Text, Language: c.Language}
	var after cases.Case
	err = db.Write(h.ctx, func(tx *database.Tx) (err error) {
		after, err = store.Change(h.ctx, tx, ref, c.IfVersion, move, byCommand)
		return err
	})
	var refused cases.ErrRefused
	if errors.As(err, &refused) {
		return fmt.Errorf("%s: %s is %s; a case that is %s can have the reasons %v", ref, refused.Field, refused.Code, move.To, cases.Reasons(move.To))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", ref, err)
	}
	fmt.Fprintf(h.out, "%s is %s %s, version %d. Everybody who follows it is told while `concierge serve` runs.\n", ref, after.Status, after.Reason, after.Version)
	return nil
}

// summary is a case without anybody's words.
func summary(c cases.Case) map[string]any {
	return map[string]any{"reference": c.Reference, "version": c.Version, "service": c.Service, "status": c.Status, "reason": c.Reason,
		"planned_for": c.PlannedFor, "filed_at": c.FiledAt, "due_at": c.DueAt, "promised_at": c.PromisedAt, "ward": c.Place.Ward, "urgent": c.Urgent}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Format(time.DateOnly)
}
