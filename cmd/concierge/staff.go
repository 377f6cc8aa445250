package main

import (
	"fmt"

	"concierge/desk"
	"concierge/internal/database"
)

type staffCommand struct {
	Add   staffAdd   `cmd:"" help:"Add somebody and print their one-time link."`
	Reset staffReset `cmd:"" help:"Print a new one-time link for somebody who lost the password."`
}

type staffAdd struct {
	Email string   `arg:"" help:"asha@council.example"`
	Name  string   `help:"As colleagues and residents read it: Asha Patel."`
	Role  []string `required:"" help:"viewer agent supervisor translator auditor admin; they add up."`
	Team  []string `help:"Their teams, as in council.yaml."`
}

type staffReset struct {
	Email string `arg:"" help:"asha@council.example"`
}

// Run adds the person. The link goes to standard output and nowhere else.
func (s staffAdd) Run(h *house) error {
	return h.link(func(tx *database.Tx) (string, error) {
		return desk.AddStaff(h.ctx, tx, s.Email, s.Name, s.Role, s.Team)
	})
}

// Run makes a new link; the old password works until a new one is chosen.
func (s staffReset) Run(h *house) error {
	return h.link(func(tx *database.Tx) (string, error) { return desk.ResetStaff(h.ctx, tx, s.Email) })
}

func (h *house) link(invite func(*database.Tx) (string, error)) error {
	db, err := h.current()
	if err != nil {
		return err
	}
	defer db.Close()
	var token string
	if err := db.Write(h.ctx, func(tx *database.Tx) (err error) {
		token, err = invite(tx)
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(h.out, "Give them this link, once. It works for 72 hours.\n%s/desk/welcome/%s\n", h.settings.PublicURL, token)
	return nil
}
