package concierge

import (
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// described collects what is registered.
type described struct {
	prometheus.Registerer
	texts []string
}

func (d *described) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		descs := make(chan *prometheus.Desc, 1)
		c.Describe(descs)
		d.texts = append(d.texts, (<-descs).String())
	}
}

// An operator finds every metric in the book.
func TestEachMetricIsInTheBook(t *testing.T) {
	t.Parallel()
	book, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	var d described
	NewMetrics().Register(&d)
	if len(d.texts) < 20 {
		t.Fatalf("%d metrics are registered", len(d.texts))
	}
	for _, text := range d.texts {
		_, name, _ := strings.Cut(text, `fqName: "concierge_`)
		name, _, _ = strings.Cut(name, `"`)
		if !strings.Contains(string(book), "`"+name+"`") && !strings.Contains(string(book), "`"+name+"{") {
			t.Errorf("docs/operating.md says nothing of %s", name)
		}
	}
}
