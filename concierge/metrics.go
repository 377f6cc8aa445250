package concierge

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what the host does. No label ever carries a person: channels, classes and kinds only.
type Metrics struct {
	Received  *prometheus.CounterVec   // by channel and what became of it: turn, repeat, desk, waiting, failed …
	Turn      prometheus.Histogram     // seconds from Receive to commit
	Sent      *prometheus.CounterVec   // by channel and result: ok, or the class of the error
	Send      *prometheus.HistogramVec // seconds of the provider's call, by channel
	Receipts  *prometheus.CounterVec   // by channel and status; unknown and contradicting ones too
	Failures  *prometheus.CounterVec   // of turns, by cause: panic, time, error
	InFlight  *prometheus.GaugeVec     // sends in hand, by channel
	Merged    prometheus.Histogram     // results of sends that shared one commit
	Abandoned prometheus.Counter       // results of sends that could not be stored

	Spooled      *prometheus.CounterVec // by channel and result: kept on disk while the database was slow or away, or refused
	SpoolRecords prometheus.Gauge       // what is kept now
	SpoolBytes   prometheus.Gauge
	Away         prometheus.Gauge       // 1 while this node keeps everything on disk
	Swept        *prometheus.CounterVec // runs of the sweep by result: ok, error; and messages it found
	Seconds      *prometheus.CounterVec // messages known to have gone out twice, by channel
	Waiting      *prometheus.GaugeVec   // conversations in line for room to send, by channel
	Quiet        *prometheus.GaugeVec   // senders that are held, by channel and why
	Live         prometheus.Gauge       // nodes that share the senders' rates
	Doubts       *prometheus.CounterVec // sends in doubt, by what the provider's list said

	NotSent     *prometheus.CounterVec // messages the mark ended, by channel and reason: country, special, spent, overtaken, expired …
	Spent       *prometheus.GaugeVec   // what the day came to with this node's last send, by channel, in the council's currency
	SpendAlarms *prometheus.CounterVec // by channel and how far: near, full
	Floods      *prometheus.CounterVec // conversations handed over by channels.limits, by channel and limit: minute, day, same_text
}

// NewMetrics makes them; Register shows them.
func NewMetrics() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "concierge_" + name, Help: help}, labels)
	}
	latency := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "concierge_" + name, Help: help})
	}
	return &Metrics{
		NotSent: counter("not_sent_total", "Messages that were not to be sent, by why.", "channel", "reason"),
		Spent: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "concierge_spent",
			Help: "What the council's day came to with this node's last send, in its currency."}, []string{"channel"}),
		Floods:       counter("floods_total", "Conversations handed to people because too many replies brought them no further.", "channel", "limit"),
		SpendAlarms:  counter("spend_alarms_total", "80 % of the day's spending cap, or all of it.", "channel", "level"),
		Spooled:      counter("spooled_total", "What came in while the database was slow or away.", "channel", "result"),
		SpoolRecords: gauge("spool_records", "Records on this node's disk that are not in the database yet."),
		SpoolBytes:   gauge("spool_bytes", "Bytes of the spool on this node's disk."),
		Away:         gauge("database_away", "1 while this node keeps all that comes on its disk."),
		Swept:        counter("swept_total", "Sweeps of the provider's list, and what they found.", "result"),
		Seconds:      counter("second_copies_total", "Messages known to have gone out twice.", "channel"),
		Waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "concierge_sends_waiting",
			Help: "Conversations in line for room to send."}, []string{"channel"}),
		Quiet: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "concierge_senders_held",
			Help: "Senders a provider told to wait, or that are set up wrong."}, []string{"channel", "reason"}),
		Live:     gauge("nodes_live", "Nodes that share the senders' rates."),
		Doubts:   counter("sends_in_doubt_total", "Sends nobody knew the fate of, by what the provider's list said.", "channel", "result"),
		Received: counter("received_total", "Messages that came in.", "channel", "outcome"),
		Turn: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "concierge_turn_seconds",
			Help: "From a message's arrival to its commit.", Buckets: latency}),
		Sent: counter("sent_total", "Messages given to a provider.", "channel", "result"),
		Send: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "concierge_send_seconds",
			Help: "A provider's answer to one message.", Buckets: latency}, []string{"channel"}),
		Receipts: counter("receipts_total", "Delivery receipts.", "channel", "status"),
		Failures: counter("turn_failures_total", "Turns that failed.", "cause"),
		InFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "concierge_sends_in_flight",
			Help: "Messages a provider has not answered yet."}, []string{"channel"}),
		Merged: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "concierge_results_per_commit",
			Help: "Results of sends stored by one commit.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64}}),
		Abandoned: prometheus.NewCounter(prometheus.CounterOpts{Name: "concierge_results_abandoned_total",
			Help: "Results of sends that could not be stored; the sends count as uncertain."}),
	}
}

// Register adds all to a registry.
func (m *Metrics) Register(r prometheus.Registerer) {
	r.MustRegister(m.Received, m.Turn, m.Sent, m.Send, m.Receipts, m.Failures, m.InFlight, m.Merged, m.Abandoned,
		m.Spooled, m.SpoolRecords, m.SpoolBytes, m.Away, m.Swept, m.Doubts, m.NotSent, m.Spent, m.SpendAlarms, m.Floods,
		m.Seconds, m.Waiting, m.Quiet, m.Live)
}
