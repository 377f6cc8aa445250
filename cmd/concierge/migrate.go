package main

import "fmt"

type migrateCommand struct{}

// Run migrates and says so. Run again, it changes nothing.
func (migrateCommand) Run(h *house) error {
	db, err := h.open()
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(h.ctx); err != nil {
		return err
	}
	fmt.Fprintln(h.out, "The database is up to date.")
	return nil
}
