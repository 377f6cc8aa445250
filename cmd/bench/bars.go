package main

// pkg is a package whose benchmarks are run.
type pkg struct {
	name, bench string
	once        bool // each measures for a time of its own
}

var packages = []pkg{
	{"./dialog", "^BenchmarkTurn$", false},
	{"./dialog/understand", "^Benchmark(Classify|Train)$", false},
	{"./locales", "^Benchmark(SayPlain|SayWithThreeVariables|Load)$", false},
	{"./places", "^BenchmarkRead$", false},
	{"./channels", "^BenchmarkRender$", false},
	{"./channels/twilio", "^BenchmarkWebhook$", false},
	{"./channels/telegram", "^BenchmarkUpdate$", false},
	{"./inbox", "^BenchmarkQueuePage$", false},
	{"./cmd/concierge", "^BenchmarkTurnWorded$", false},
	{"./cmd/concierge", "^Benchmark(WholeWay|Ready|Memory)$", true},
}

// bar is one figure and what it has to be. A benchmark ending in / stands for all below it: the worst of them counts.
type bar struct {
	what, bench, metric, unit string
	scale                     float64 // of the metric, to the unit
	limit                     float64 // 0: only told
	least                     bool    // at least, not at most
}

const (
	postgres = "BenchmarkWholeWay/postgres"
	sqlite   = "BenchmarkWholeWay/sqlite"
)

var bars = []bar{
	{"engine turn, session decoded and encoded", "BenchmarkTurn/", "ns/op", "µs", 1e-3, 20, false},
	{"  its allocations", "BenchmarkTurn/", "allocs/op", "", 1, 60, false},
	{"  with its reply worded and rendered", "BenchmarkTurnWorded", "ns/op", "µs", 1e-3, 30, false},
	{"classify a sentence", "BenchmarkClassify", "ns/op", "µs", 1e-3, 60, false},
	{"train the classifier", "BenchmarkTrain", "ns/op", "ms", 1e-6, 500, false},
	{"say a fixed sentence", "BenchmarkSayPlain", "ns/op", "µs", 1e-3, .5, false},
	{"say one with three variables", "BenchmarkSayWithThreeVariables/", "ns/op", "µs", 1e-3, 2, false},
	{"load all languages", "BenchmarkLoad", "ns/op", "ms", 1e-6, 300, false},
	{"read a misspelt street, of 8,000 names", "BenchmarkRead", "ns/op", "ms", 1e-6, 0, false},
	{"render for a channel", "BenchmarkRender/", "ns/op", "µs", 1e-3, 10, false},
	{"verify and parse a Twilio webhook", "BenchmarkWebhook", "ns/op", "µs", 1e-3, 60, false},
	{"verify and parse a Telegram update", "BenchmarkUpdate", "ns/op", "µs", 1e-3, 60, false},
	{"queue page of 10,000 conversations", "BenchmarkQueuePage/", "ns/op", "ms", 1e-6, 50, false},

	{"whole way on Postgres: durable turns", postgres, "turns/s", "a second", 1, 2500, true},
	{"  the same statements by pgbench", postgres, "pgbench-turns/s", "a second", 1, 0, false},
	{"  ratio of the two", postgres, "ratio", "", 1, .3, true},
	{"  webhook answered, p50", postgres, "ack-p50-ms", "ms", 1, 0, false},
	{"  webhook answered, p99", postgres, "ack-p99-ms", "ms", 1, 0, false},
	{"  reply at the provider, p50", postgres, "reply-p50-ms", "ms", 1, 10, false},
	{"  reply at the provider, p99", postgres, "reply-p99-ms", "ms", 1, 40, false},
	{"  CPU of ours for a message", postgres, "cpu-ms/msg", "ms", 1, .4, false},
	{"  CPU of Postgres for a message", postgres, "postgres-cpu-ms/msg", "ms", 1, 0, false},
	{"  CPU of residents and providers", postgres, "fakes-cpu-ms/msg", "ms", 1, 0, false},
	{"  commits for a message, receipts too", postgres, "commits/msg", "", 1, 0, false},
	{"  memory after the load", postgres, "after-MB", "MB", 1, 0, false},

	{"whole way on SQLite: durable turns", sqlite, "turns/s", "a second", 1, 2500, true},
	{"  webhook answered, p50", sqlite, "ack-p50-ms", "ms", 1, 0, false},
	{"  webhook answered, p99", sqlite, "ack-p99-ms", "ms", 1, 0, false},
	{"  reply at the provider, p50", sqlite, "reply-p50-ms", "ms", 1, 10, false},
	{"  reply at the provider, p99", sqlite, "reply-p99-ms", "ms", 1, 40, false},
	{"  CPU of ours for a message", sqlite, "cpu-ms/msg", "ms", 1, .4, false},
	{"  CPU of residents and providers", sqlite, "fakes-cpu-ms/msg", "ms", 1, 0, false},

	{"start to ready on SQLite", "BenchmarkReady", "ready-ms", "ms", 1, 1000, false},
	{"  into an empty folder", "BenchmarkReady", "first-ms", "ms", 1, 1000, false},
	{"memory idle", "BenchmarkReady", "idle-MB", "MB", 1, 64, false},
	{"messages walked for the memory", "BenchmarkMemory", "messages", "", 1, 0, false},
	{"  memory after a fifth of them", "BenchmarkMemory", "fifth-MB", "MB", 1, 0, false},
	{"  memory after all", "BenchmarkMemory", "after-MB", "MB", 1, 0, false},
	{"  growth since that fifth", "BenchmarkMemory", "growth", "times", 1, 1.1, false},
}
