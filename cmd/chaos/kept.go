package main

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// kept names the folders that stay after a broken promise, and adds to them what the providers saw.
func (w *world) kept() string {
	if f, err := os.Create(filepath.Join(w.dir, "ledger.jsonl")); err == nil {
		out := json.NewEncoder(f)
		for _, e := range w.ledger.Entries(0) {
			_ = out.Encode(e)
		}
		_ = f.Close()
	}
	if w.postgres == nil {
		return w.dir
	}
	return w.dir + " and " + w.postgres.folder
}
