package main

// row is one line of the table (docs/chaos.md).
type row struct {
	name   string
	engine string
	nodes  int
	faults int // in CI's size
	night  int // in the night's
	with   func(*plan)
	apart  bool // only when named, or by night
	tagged bool // over a binary with crash points, not the release's
	run    func(*trial) error
}

// table is all rows, the slowest first so that those at once end together.
func table() []row {
	return []row{
		{name: "chaos-blackout", engine: "postgres", nodes: 2, faults: 30, night: 600, run: blackout},
		{name: "chaos-provider", engine: "postgres", nodes: 1, faults: 25, night: 500, run: provider, with: func(p *plan) {
			p.twilio.Receipts = []string{} // no callback says what became of a send: the list must
		}},
		{name: "chaos-pgdown", engine: "postgres", nodes: 2, faults: 60, night: 600, run: pgdown},
		{name: "chaos-spool", engine: "postgres", nodes: 1, faults: 1, night: 20, run: spoolDisk},
		{name: "chaos-kill", engine: "postgres", nodes: 2, faults: 25, night: 500, run: kill},
		{name: "chaos-sqlite", engine: "sqlite", nodes: 1, faults: 25, night: 500, run: kill},
		{name: "chaos-poison", engine: "postgres", nodes: 2, faults: 20, night: 200, run: poison, tagged: true},
		{name: "chaos-term", engine: "postgres", nodes: 2, faults: 10, night: 200, run: term},
		{name: "chaos-pgrestart", engine: "postgres", nodes: 2, faults: 10, night: 100, run: pgrestart},
		{name: "chaos-order", engine: "postgres", nodes: 2, faults: 200, night: 5000, run: order},
		{name: "chaos-dup", engine: "postgres", nodes: 2, faults: 1000, night: 6000, run: dup, with: func(p *plan) { p.telegram.Copies = copiesOfEach }},
		{name: "chaos-receipts", engine: "postgres", nodes: 2, faults: 500, night: 5000, run: receipts, with: func(p *plan) {
			p.twilio.Early, p.twilio.Receipts = true, []string{"delivered", "sent", "queued"}
		}},
		{name: "chaos-pgslow", engine: "postgres", nodes: 2, faults: 2, night: 10, run: pgslow, apart: true, with: func(p *plan) { p.proxied = true }},
		{name: "chaos-overload", engine: "postgres", nodes: 2, faults: 20, night: 60, run: flood, apart: true},
		{name: "chaos-points", engine: "postgres", nodes: 2, faults: 1, night: 20, run: crashPoints, apart: true, tagged: true},
		{name: "chaos-points-sqlite", engine: "sqlite", nodes: 1, faults: 1, night: 20, run: crashPoints, apart: true, tagged: true},
	}
}
