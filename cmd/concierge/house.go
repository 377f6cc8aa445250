package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"concierge/council"
	"concierge/internal/config"
	"concierge/internal/database"
	"concierge/internal/seal"
	"concierge/internal/spool"
)

// house is what every command stands on: the settings, where to print, and how to open what they name.
type house struct {
	ctx      context.Context
	settings *config.Settings
	out      io.Writer
	log      *slog.Logger
	spool    *spool.Spool // serve's; nil for all else
	explain  bool         // chat --explain: the engine tells how it read each message
}

// open opens the database the settings name. Commands work beside a running serve.
func (h *house) open() (*database.DB, error) {
	if err := h.settings.Validate(); err != nil {
		return nil, err
	}
	if !h.settings.Postgres() {
		if err := os.MkdirAll(h.settings.Data, 0o700); err != nil {
			return nil, fmt.Errorf("make data folder: %w", err)
		}
	}
	return database.Open(h.ctx, database.Options{URL: h.settings.Database, Folder: h.settings.Data})
}

// current opens a database whose schema is this version's.
func (h *house) current() (*database.DB, error) {
	db, err := h.open()
	if err != nil {
		return nil, err
	}
	if err := db.SchemaCurrent(h.ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// keys loads what seals the database's columns.
func (h *house) keys(db *database.DB) (*seal.Keys, error) {
	secrets, err := h.secrets()
	if err != nil {
		return nil, err
	}
	return seal.Load(h.ctx, db, secrets[0], secrets[1:]...)
}

// secrets are the secret and, while it is being changed, the one before it.
func (h *house) secrets() (all [][]byte, err error) {
	if all = seal.Secrets([]byte(h.settings.Secret)); len(all) == 0 {
		all, err = seal.SecretFile(h.settings.Data)
	}
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("the file secret in %s is empty: restore it from a backup", h.settings.Data)
	}
	return all, err
}

// folder is the council's own folder, or nil for the demo.
func (h *house) folder() (fs.FS, error) {
	if h.settings.Council == "" {
		return nil, nil
	}
	info, err := os.Stat(h.settings.Council)
	if err != nil || !info.IsDir() {
		return nil, fmt.Errorf("CONCIERGE_COUNCIL: %s is no folder: name the one that holds council.yaml, or unset it for the demo", h.settings.Council)
	}
	return os.DirFS(h.settings.Council), nil
}

// council reads council.yaml, the demo's or the council's own.
func (h *house) council() (*council.Council, fs.FS, error) {
	own, err := h.folder()
	if err != nil {
		return nil, nil, err
	}
	files := council.Demo()
	if own != nil {
		files = council.Overlay(files, own)
	}
	c, err := council.Load(files, os.Getenv)
	return c, files, err
}
