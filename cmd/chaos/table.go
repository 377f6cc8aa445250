package main

// row is one line of the table (docs/chaos.md).
type row struct {
	name   string
	engine string
	nodes  int
	faults int // in CI's size
	with   func(*plan)
	apart  bool // only when named
	tagged bool // over a binary with crash points, not the release's
	run    func(*trial) error
}

// table is all rows, the slowest first so that two at once end together.
func table() []row {
	return []row{
		{name: "chaos-kill", engine: "postgres", nodes: 2, faults: 5, run: kill},
		{name: "chaos-sqlite", engine: "sqlite", nodes: 1, faults: 5, run: kill},
		{name: "chaos-dup", engine: "postgres", nodes: 2, faults: 200, run: dup, with: func(p *plan) { p.telegram.Copies = copiesOfEach }},
		{name: "chaos-order", engine: "postgres", nodes: 2, faults: 40, run: order},
		{name: "chaos-term", engine: "postgres", nodes: 2, faults: 3, run: term},
		{name: "chaos-receipts", engine: "postgres", nodes: 2, faults: 500, run: receipts, with: func(p *plan) {
			p.twilio.Early, p.twilio.Receipts = true, []string{"delivered", "sent", "queued"}
		}},
		{name: "chaos-pgrestart", engine: "postgres", nodes: 2, faults: 3, run: pgrestart},
		{name: "chaos-provider", engine: "postgres", nodes: 1, faults: 25, run: provider, with: func(p *plan) {
			p.twilio.Receipts = []string{} // no callback says what became of a send: the list must
		}},
		{name: "chaos-pgdown", engine: "postgres", nodes: 2, faults: 60, run: pgdown},
		{name: "chaos-blackout", engine: "postgres", nodes: 2, faults: 30, run: blackout, apart: true},
		{name: "chaos-spool", engine: "postgres", nodes: 1, faults: 1, run: spoolDisk},
		{name: "chaos-poison", engine: "postgres", nodes: 2, faults: 20, run: poison, tagged: true},
		{name: "chaos-pgslow", engine: "postgres", nodes: 2, faults: 2, run: pgslow, apart: true, with: func(p *plan) { p.proxied = true }},
		{name: "chaos-overload", engine: "postgres", nodes: 2, faults: 20, run: flood, apart: true},
		{name: "chaos-points", engine: "postgres", nodes: 2, faults: 1, run: crashPoints, apart: true, tagged: true},
		{name: "chaos-points-sqlite", engine: "sqlite", nodes: 1, faults: 1, run: crashPoints, apart: true, tagged: true},
	}
}
