// Package locales holds what we say and what we understand, a folder for each language: messages.toml, words.toml, about.toml and
// review.json. It words lines of package phrase with go-i18n, along each language's own fallback chain, and checks the files.
//
// It refuses to know dialogue trees, channels, cases and the clock: which keys are needed, how words are folded and how an SMS is
// counted is told to it by those who know. Adding a language is adding a folder; no Go file names one, but for English, the source.
package locales

import (
	"embed"
	"io/fs"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"concierge/internal/phrase"
)

// Source is the language every other one is translated from.
const Source = "en"

//go:embed */*.toml */*.json
var builtin embed.FS

// Builtin are the files we ship: the lowest layer.
func Builtin() fs.FS { return builtin }

// Set is every loaded language. It never changes: a new layer makes a new Set, and the host swaps a pointer.
type Set struct {
	langs  map[string]*tongue
	views  map[string]*view
	drafts map[string]bool
	tags   []string // the source first, then by name
	match  matcher
	data   *sync.Pool // map[string]string, the variables of one message
	gaps   *atomic.Uint64
	tell   func(Gap)
}

// Gap is a sentence that could not be said as it was meant: no text of it went out wrong, but somebody should look.
type Gap struct {
	Tag, Key string // as asked for
	Var      string // the variable that was not given, when that is the gap
	Why      string // "no such key", "a variable is missing", …
}

// Load reads the layers, the later winning for each key, and makes the Set, or tells every mistake at once as Findings.
func Load(layers ...fs.FS) (*Set, error) {
	f := readAll(layers)
	if errs := f.errors(); len(errs) > 0 {
		return nil, errs
	}
	return f.set()
}

// Telling is the same Set with a hook that hears of every gap. The hook is called while a sentence is being said: be quick.
func (s *Set) Telling(hook func(Gap)) *Set {
	c := *s
	c.tell = hook
	return &c
}

// Gaps counts the gaps since the Set was loaded.
func (s *Set) Gaps() uint64 { return s.gaps.Load() }

// Tags are the loaded languages, the source first.
func (s *Set) Tags() []string { return s.tags }

// Has tells whether that language itself has the message.
func (s *Set) Has(tag, key string) bool {
	l := s.langs[tag]
	return l != nil && l.messages[key] != nil
}

// Used tells which language a message would really be said in.
func (s *Set) Used(tag, key string) (string, bool) {
	e := s.entry(tag, key)
	if e == nil {
		return "", false
	}
	return e.lang.tag, true
}

// Text is a message without variables, as it would be said; "" when neither the language nor its chain has one.
func (s *Set) Text(tag, key string) string {
	e := s.entry(tag, key)
	if e == nil || !e.static {
		return ""
	}
	return e.own
}

// Texts are all messages of a language, every form, without their variables: the language guess learns from them.
func (s *Set) Texts(tag string) []string {
	l := s.langs[tag]
	if l == nil {
		return nil
	}
	var all []string
	for _, key := range sortedKeys(l.messages) {
		if Staff(key) {
			continue
		}
		for _, form := range l.messages[key].forms {
			if t := strings.TrimSpace(withoutVars(form.text)); t != "" {
				all = append(all, t)
			}
		}
	}
	return all
}

// MessageKeys are the keys of messages.toml of a language under a prefix ("" for all), sorted.
func (s *Set) MessageKeys(tag, prefix string) []string {
	l := s.langs[tag]
	if l == nil {
		return nil
	}
	var keys []string
	for key := range l.messages {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys
}

// Words are what a language understands under a key of its words.toml, such as "command.back". Empty when it has none.
func (s *Set) Words(tag, key string) []string {
	l := s.langs[tag]
	if l == nil || l.words[key] == nil {
		return nil
	}
	return l.words[key].list
}

// Keys are the keys of words.toml under a prefix: "intent." gives "intent.pothole", …, sorted.
func (s *Set) Keys(tag, prefix string) []string {
	l := s.langs[tag]
	if l == nil {
		return nil
	}
	var keys []string
	for _, key := range l.wordKeys {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// About tells of a language; the zero About of one that is not loaded.
func (s *Set) About(tag string) About {
	l := s.langs[tag]
	if l == nil {
		return About{}
	}
	return l.about
}

// Staff tells the keys residents never see: the console's. No language needs them to be offered.
func Staff(key string) bool { return strings.HasPrefix(key, "desk.") }

// Strict tells the keys on which somebody's safety or consent hangs: a translation nobody approved is followed by the English.
// Not privacy.draft, which itself says that nobody has checked the words.
func Strict(key string) bool {
	if key == "privacy.draft" {
		return false
	}
	for _, p := range []string{"stop.", "safety.", "privacy.", "carrier."} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

// SayKey says the message of a key.
func (s *Set) SayKey(tag, key string, vars ...phrase.Var) string {
	return s.say(tag, key, vars)
}

// Say says a line: its text as it is, or its key in that language or the next in its chain. It never fails: what is missing is
// worded as safely as can be, counted, and told to the hook.
func (s *Set) Say(tag string, l phrase.Line) string {
	if l.Key == "" {
		return l.Text
	}
	return s.say(tag, l.Key, l.Vars)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
