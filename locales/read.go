package locales

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// maxFile bounds a file of a language: a folder somebody else wrote may hold anything.
const maxFile = 4 << 20

// tongue is one language, all layers together.
type tongue struct {
	tag      string
	lang     language.Tag
	about    About
	aboutIn  string // the file to name in a finding
	messages map[string]*message
	words    map[string]*wordList
	wordKeys []string
	review   map[string]Review
	forms    []string // the plural forms the language has
	loc      *i18n.Localizer
}

// read is what the layers hold, good or bad.
type read struct {
	tongues  map[string]*tongue
	bundle   *i18n.Bundle
	findings Findings
}

func (r *read) errors() Findings {
	var errs Findings
	for _, f := range r.findings {
		if !f.Warning {
			errs = append(errs, f)
		}
	}
	return errs.sorted()
}

func readAll(layers []fs.FS) *read {
	r := &read{tongues: map[string]*tongue{}, bundle: i18n.NewBundle(language.Make(Source))}
	for _, layer := range layers {
		r.layer(layer)
	}
	for _, tag := range sortedKeys(r.tongues) {
		r.whole(r.tongues[tag])
	}
	if r.tongues[Source] == nil {
		r.findings = append(r.findings, Finding{File: Source + "/messages.toml", Message: "the source language is not there: every layer stands on it"})
	}
	return r
}

func (r *read) layer(layer fs.FS) {
	folders, err := fs.ReadDir(layer, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return // a council without words of its own
	}
	if err != nil {
		r.bad(".", "the folder cannot be read: %s", err)
		return
	}
	for _, f := range folders {
		if f.IsDir() && !strings.HasPrefix(f.Name(), ".") && f.Name() != "testdata" {
			r.folder(layer, f.Name())
		}
	}
}

func (r *read) bad(file, format string, args ...any) {
	r.findings = append(r.findings, Finding{File: file, Message: fmt.Sprintf(format, args...)})
}

// folder reads one language of one layer.
func (r *read) folder(layer fs.FS, tag string) {
	l := r.tongues[tag]
	if l == nil {
		if l = r.newTongue(tag); l == nil {
			return
		}
	}
	files, err := fs.ReadDir(layer, tag)
	if err != nil {
		r.bad(tag, "the folder cannot be read: %s", err)
		return
	}
	for _, f := range files {
		name := path.Join(tag, f.Name())
		switch f.Name() {
		case "messages.toml", "words.toml", "about.toml", "review.json":
		default:
			r.findings = append(r.findings, Finding{File: name, Warning: true,
				Message: "nobody reads this file: a language is messages.toml, words.toml, about.toml and review.json"})
			continue
		}
		text, err := fs.ReadFile(layer, name)
		switch {
		case err != nil:
			r.bad(name, "the file cannot be read: %s", err)
		case len(text) > maxFile:
			r.bad(name, "the file is over %d bytes: it is no list of messages", maxFile)
		default:
			r.file(l, f.Name(), name, unixed(string(text)))
		}
	}
}

// unixed takes off what editors on Windows put on.
func unixed(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
}

// newTongue refuses a folder that is named by no tag we can load, and tells which tag would do.
func (r *read) newTongue(tag string) *tongue {
	parsed, err := language.Parse(tag)
	if err != nil || parsed == language.Und {
		r.bad(tag, "this folder is named by no language tag: name it like pl, pa-Arab or zh-Hans")
		return nil
	}
	forms, err := pluralForms(parsed)
	base, _, _ := strings.Cut(tag, "-")
	if use := alias(strings.ToLower(base)); use != "" && (err != nil || parsed.String() != tag) {
		r.bad(tag, "the plurals of %s are not known: name the folder %s", tag, use)
		return nil
	}
	if err != nil {
		r.bad(tag, "the plurals of %s are not known: use the tag of the nearest written language that CLDR knows", tag)
		return nil
	}
	if parsed.String() != tag {
		r.bad(tag, "write the tag as %s: residents' choices are kept under it", parsed)
		return nil
	}
	l := &tongue{tag: tag, lang: parsed, forms: forms, aboutIn: path.Join(tag, "about.toml"),
		messages: map[string]*message{}, words: map[string]*wordList{}, review: map[string]Review{}}
	r.tongues[tag] = l
	return l
}

func (r *read) file(l *tongue, kind, name, text string) {
	switch kind {
	case "messages.toml":
		messages, parsed, findings := messageFile(name, text)
		r.findings = append(r.findings, findings...)
		if len(findings) == 0 {
			if err := r.bundle.AddMessages(l.lang, parsed...); err != nil {
				r.bad(name, "%s", err)
			}
		}
		for _, key := range sortedKeys(messages) {
			r.lay(l, messages[key])
		}
	case "words.toml":
		words, findings := wordFile(name, text)
		r.findings = append(r.findings, findings...)
		for key, w := range words {
			l.words[key] = w
		}
	case "about.toml":
		about, findings := readAbout(name, text)
		r.findings = append(r.findings, findings...)
		l.about = about.over(l.about)
	case "review.json":
		review, findings := reviewFile(name, text)
		r.findings = append(r.findings, findings...)
		for key, one := range review {
			l.review[key] = one
		}
	}
}

// lay puts a message over the one of an earlier layer. English reworded by a council has the variables it always had, which are all that
// is ever given to it: with another it would be refused here, and not blamed on the translations.
func (r *read) lay(l *tongue, m *message) {
	before := l.messages[m.key]
	if before == nil || l.tag != Source {
		l.messages[m.key] = m
		return
	}
	known := true
	for _, v := range m.vars {
		if !before.has(v) && (v != "Count" || !before.plural) {
			known = false
			r.findings = append(r.findings, Finding{File: m.file, Line: m.at.line, Key: m.key,
				Message: fmt.Sprintf("{{.%s}} is not given to this message: it has %s", v, listed(before.vars))})
		}
	}
	if known {
		l.messages[m.key] = m
	}
}

// whole holds what must be so once all layers lie over each other: plural forms, and variables the English declares.
func (r *read) whole(l *tongue) {
	l.wordKeys = sortedKeys(l.words)
	for _, wrong := range l.about.mistakes(l.tag) {
		key, message, _ := strings.Cut(wrong, ": ")
		r.findings = append(r.findings, Finding{File: l.aboutIn, Key: key, Message: message})
	}
	source := r.tongues[Source]
	for _, key := range sortedKeys(l.messages) {
		m := l.messages[key]
		bad := func(format string, args ...any) {
			r.findings = append(r.findings, Finding{File: m.file, Line: m.at.line, Key: key, Message: fmt.Sprintf(format, args...)})
		}
		if m.plural {
			if missing, surplus := l.compareForms(m); missing != "" || surplus != "" {
				bad("%s has the plural forms %s: %s", l.tag, strings.Join(l.forms, ", "), strings.TrimSpace(missing+surplus))
			}
		}
		if source == nil || l == source {
			continue
		}
		english := source.messages[key]
		if english == nil {
			continue
		}
		for _, v := range m.vars {
			if !english.has(v) && (v != "Count" || !english.plural) {
				bad("{{.%s}} is not given to this message: it has %s", v, listed(english.vars))
			}
		}
	}
}

func (l *tongue) compareForms(m *message) (missing, surplus string) {
	for _, f := range l.forms {
		if _, ok := m.form(f); !ok {
			missing += "add " + f + ". "
		}
	}
	for _, f := range m.forms {
		if !contains(l.forms, f.name) {
			surplus += "take out " + f.name + ". "
		}
	}
	return missing, surplus
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func listed(vars []string) string {
	if len(vars) == 0 {
		return "no variables"
	}
	return "{{." + strings.Join(vars, "}}, {{.") + "}}"
}
