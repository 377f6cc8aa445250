package main

import (
	"errors"
	"io/fs"
	"os"

	"concierge/council"
	"concierge/dialog"
	"concierge/dialog/understand"
	"concierge/locales"
	"concierge/places"
)

// talk is what a council says, asks and knows: its settings, words, trees and places, read together so that every mistake in any of
// them is told at once.
type talk struct {
	council   *council.Council
	files     fs.FS // council.yaml and what it names
	places    *places.Index
	words     *locales.Set
	trees     *dialog.Trees
	offered   []string          // languages, in the council's order
	held      map[string]string // language → why it is not offered
	wordFiles []fs.FS
}

// talk reads the demo's files and, laid over them, the council's own.
func (h *house) talk() (*talk, error) {
	own, err := h.folder()
	if err != nil {
		return nil, err
	}
	t := &talk{wordFiles: []fs.FS{locales.Builtin()}}
	files := council.Demo()
	layers := []dialog.Layer{{Name: "dialog/trees/", FS: dialog.BuiltIn()}}
	if own != nil {
		files = council.Overlay(files, own)
		if sub, ok := folderIn(own, "locales"); ok {
			t.wordFiles = append(t.wordFiles, sub)
		}
		if sub, ok := folderIn(own, "trees"); ok {
			layers = append(layers, dialog.Layer{Name: "trees/", FS: sub})
		}
	}
	t.files = files
	var errs [4]error
	t.council, errs[0] = council.Load(files, os.Getenv)
	t.trees, errs[1] = dialog.Load(layers...)
	t.words, errs[2] = locales.Load(t.wordFiles...)
	if t.council != nil {
		p := t.council.Places
		t.places, errs[3] = places.Load(files, places.Settings{Country: p.Country, Boundary: p.Boundary, Gazetteer: p.Gazetteer, Wards: p.Wards, Owners: p.Owners})
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	t.offered, t.held = t.words.Offered(t.council.Languages.Offered, t.council.Languages.Drafts, t.needed())
	return t, nil
}

// folderIn is a folder of fsys, when there is one.
func folderIn(fsys fs.FS, name string) (fs.FS, bool) {
	if info, err := fs.Stat(fsys, name); err != nil || !info.IsDir() {
		return nil, false
	}
	sub, err := fs.Sub(fsys, name)
	return sub, err == nil
}

// engine makes the engine of these trees and words. Without a classifier, buttons and exact phrases work.
func (t *talk) engine(classify understand.Classifier, guess dialog.Guesser, explain bool) (*dialog.Engine, error) {
	s := dialog.Settings{Trees: t.trees, Book: t.words, Has: t.words.Has, Classify: classify, Guess: guess, Groups: t.council.Groups, Explain: explain,
		Owners: map[string]dialog.Owner{}}
	for _, service := range t.council.Services {
		s.Services = append(s.Services, serviceOf(service))
	}
	for _, tag := range t.languages() {
		s.Languages = append(s.Languages, dialog.Language{Tag: tag, Name: t.words.About(tag).Name})
	}
	for name, r := range t.council.Responsible {
		s.Owners[name] = dialog.Owner{Name: r.Name, Call: r.Call, Web: r.Web, Files: r.Do != council.Tell}
	}
	return dialog.New(s)
}

// languages are those offered, the source first.
func (t *talk) languages() []string {
	tags := []string{t.council.Languages.Source}
	for _, tag := range t.offered {
		if tag != tags[0] {
			tags = append(tags, tag)
		}
	}
	return tags
}

func serviceOf(s council.Service) dialog.Service {
	d := dialog.Service{Code: s.Code, Group: s.Group, Joins: s.Radius > 0, Dated: !s.Target.IsZero(), NotOurs: s.NotOurs,
		Stoppers: map[string]dialog.Stopper{}}
	for answer, stop := range s.Stoppers {
		d.Stoppers[answer] = dialog.Stopper{Line: stop.Line, Never: stop.File == council.Never}
	}
	return d
}

// trained makes the engine that also guesses what a sentence is about and which language it is in. Training takes a moment.
func (t *talk) trained(explain bool) (*dialog.Engine, error) {
	return t.engine(understand.Train(t.words), understand.NewGuesser(t.words).Guess, explain)
}

// nameOf is a language in its own words: "اردو".
func (t *talk) nameOf(tag string) string { return t.words.About(tag).Name }

// councilKeys are the keys of the source language that trees, services, teams and lines are worded with.
func (t *talk) councilKeys() []string {
	var keys []string
	for _, s := range t.council.Services {
		keys = append(keys, "service."+s.Code+".name", "service."+s.Code+".about")
	}
	for _, team := range t.council.Teams {
		keys = append(keys, "team."+team)
	}
	for _, group := range t.council.Groups {
		keys = append(keys, "group."+group)
	}
	return keys
}

// disagreements are the places where council.yaml, trees and words do not fit together.
func (t *talk) disagreements() []error {
	return t.council.Check(council.Known{
		Slots:  t.slots,
		Phrase: func(key string) bool { return t.words.Has(t.council.Languages.Source, key) },
	})
}

// slots are those of the trees that file a service, each with its answers; nil when none does.
func (t *talk) slots(service string) map[string][]string {
	var all map[string][]string
	for _, name := range t.trees.Names() {
		tree := t.trees.Tree(name)
		if tree.Files != service {
			continue
		}
		if all == nil {
			all = map[string][]string{}
		}
		for _, q := range tree.Questions {
			all[q.Slot] = q.Choices
		}
	}
	return all
}
