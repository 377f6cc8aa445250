package concierge

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what the host does (docs/operating.md, "Metrics"). No label ever carries a person: channels, classes and kinds only.
type Metrics struct {
	Received *prometheus.CounterVec // by channel and what became of it: turn, repeat, desk, waiting, failed …
	Turn     prometheus.Histogram   // seconds from Receive to commit
	Failures *prometheus.CounterVec // of turns, by cause: panic, time, error
	Floods   *prometheus.CounterVec // conversations handed over by channels.limits, by channel and limit: minute, day, same_text

	Sent     *prometheus.CounterVec   // by channel and result: ok, or the class of the error
	Send     *prometheus.HistogramVec // seconds of the provider's call, by channel
	InFlight *prometheus.GaugeVec     // sends in hand, by channel
	Waiting  *prometheus.GaugeVec     // conversations in line for room to send, by channel
	Quiet    *prometheus.GaugeVec     // senders that are held, by channel and why
	Live     prometheus.Gauge         // nodes that share the senders' rates
	NotSent  *prometheus.CounterVec   // messages that were given up, by channel and reason: country, special, spent, overtaken, expired …

	Receipts  *prometheus.CounterVec // by channel and status; unknown and contradicting ones too
	Doubts    *prometheus.CounterVec // sends in doubt, by what the provider's list said
	Seconds   *prometheus.CounterVec // messages known to have gone out twice, by channel
	Merged    prometheus.Histogram   // results of sends that shared one commit
	Abandoned prometheus.Counter     // results of sends that could not be stored

	Spent       *prometheus.GaugeVec   // what the day came to with this node's last send, by channel, in the council's currency
	SpendAlarms *prometheus.CounterVec // by channel and how far: near, full

	Spooled      *prometheus.CounterVec // by channel and result: kept on disk while the database was slow or away, or refused
	SpoolRecords prometheus.Gauge       // what is kept now
	SpoolBytes   prometheus.Gauge
	Away         prometheus.Gauge       // 1 while this node keeps everything on disk
	Swept        *prometheus.CounterVec // runs of the sweep by result: ok, error; and messages it found
}

// NewMetrics makes them; Register shows them.
func NewMetrics() *Metrics {
	const space = "concierge"
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: space, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: space, Name: name, Help: help})
	}
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: space, Name: name, Help: help}, labels)
	}
	spread := func(name, help string, buckets ...float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Namespace: space, Name: name, Help: help, Buckets: buckets}
	}
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	return &Metrics{
		Received: counters("received_total", "Messages that came in.", "channel", "outcome"),
		Turn:     prometheus.NewHistogram(spread("turn_seconds", "From a message's arrival to its commit.", seconds...)),
		Failures: counters("turn_failures_total", "Turns that failed.", "cause"),
		Floods:   counters("floods_total", "Conversations handed to people because too many replies brought them no further.", "channel", "limit"),

		Sent:     counters("sent_total", "Messages given to a provider.", "channel", "result"),
		Send:     prometheus.NewHistogramVec(spread("send_seconds", "A provider's answer to one message.", seconds...), []string{"channel"}),
		InFlight: gauges("sends_in_flight", "Messages a provider has not answered yet.", "channel"),
		Waiting:  gauges("sends_waiting", "Conversations in line for room to send.", "channel"),
		Quiet:    gauges("senders_held", "Senders a provider told to wait, or that are set up wrong.", "channel", "reason"),
		Live:     gauge("nodes_live", "Nodes that share the senders' rates."),
		NotSent:  counters("not_sent_total", "Messages that were not to be sent, by why.", "channel", "reason"),

		Receipts: counters("receipts_total", "Delivery receipts.", "channel", "status"),
		Doubts:   counters("sends_in_doubt_total", "Sends nobody knew the fate of, by what the provider's list said.", "channel", "result"),
		Seconds:  counters("second_copies_total", "Messages known to have gone out twice.", "channel"),
		Merged:   prometheus.NewHistogram(spread("results_per_commit", "Results of sends stored by one commit.", 1, 2, 4, 8, 16, 32, 64)),
		Abandoned: prometheus.NewCounter(prometheus.CounterOpts{Namespace: space, Name: "results_abandoned_total",
			Help: "Results of sends that could not be stored; the sends count as uncertain."}),

		Spent:       gauges("spent", "What the council's day came to with this node's last send, in its currency.", "channel"),
		SpendAlarms: counters("spend_alarms_total", "80 % of the day's spending cap, or all of it.", "channel", "level"),

		Spooled:      counters("spooled_total", "What came in while the database was slow or away.", "channel", "result"),
		SpoolRecords: gauge("spool_records", "Records on this node's disk that are not in the database yet."),
		SpoolBytes:   gauge("spool_bytes", "Bytes of the spool on this node's disk."),
		Away:         gauge("database_away", "1 while this node keeps all that comes on its disk."),
		Swept:        counters("swept_total", "Sweeps of the provider's list, and what they found.", "result"),
	}
}

// Register adds all to a registry.
func (m *Metrics) Register(r prometheus.Registerer) {
	r.MustRegister(m.Received, m.Turn, m.Failures, m.Floods,
		m.Sent, m.Send, m.InFlight, m.Waiting, m.Quiet, m.Live, m.NotSent,
		m.Receipts, m.Doubts, m.Seconds, m.Merged, m.Abandoned,
		m.Spent, m.SpendAlarms,
		m.Spooled, m.SpoolRecords, m.SpoolBytes, m.Away, m.Swept)
}
