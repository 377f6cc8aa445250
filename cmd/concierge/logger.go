package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// levels are what CONCIERGE_LOG may ask for; text or json says the form.
var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// logger reads "info,json", in any order; what is left out is info, and text. A word it does not know would log too much or too
// little for as long as nobody looks, so it is refused.
func logger(form string, w io.Writer) (*slog.Logger, error) {
	o, json := &slog.HandlerOptions{}, false
	for word := range strings.SplitSeq(form, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		level, known := levels[word]
		switch {
		case known:
			o.Level = level
		case word == "json":
			json = true
		case word != "text" && word != "":
			return nil, fmt.Errorf("CONCIERGE_LOG: %q is no level and no form: write debug, info, warn or error, and text or json, such as info,json", word)
		}
	}
	if json {
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return slog.New(slog.NewTextHandler(w, o)), nil
}
