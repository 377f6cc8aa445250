package understand_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"concierge/dialog/understand"
)

// book reads words.toml and messages.toml of every language in locales, as package locales would.
type book struct {
	tags  []string
	words map[string]map[string][]string
	texts map[string]map[string]string
}

var _ understand.Phrasebook = book{}

func shipped(t testing.TB) book {
	t.Helper()
	b := book{words: map[string]map[string][]string{}, texts: map[string]map[string]string{}}
	files, _ := filepath.Glob("../../locales/*/words.toml")
	if len(files) == 0 {
		t.Fatal("no words.toml")
	}
	for _, f := range files {
		tag := filepath.Base(filepath.Dir(f))
		b.tags = append(b.tags, tag)
		b.words[tag], b.texts[tag] = map[string][]string{}, map[string]string{}
		b.read(t, tag, f)
		if m := filepath.Join(filepath.Dir(f), "messages.toml"); exists(m) {
			b.read(t, tag, m)
		}
	}
	sort.SliceStable(b.tags, func(i, j int) bool { return b.tags[i] == "en" && b.tags[j] != "en" })
	return b
}

func exists(file string) bool { _, err := os.Stat(file); return err == nil }

func (b book) read(t testing.TB, tag, file string) {
	t.Helper()
	var tree map[string]any
	if _, err := toml.DecodeFile(file, &tree); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	b.walk(tag, "", tree)
}

func (b book) walk(tag, key string, node any) {
	switch n := node.(type) {
	case map[string]any:
		for k, v := range n {
			b.walk(tag, strings.TrimPrefix(key+"."+k, "."), v)
		}
	case []any:
		for _, v := range n {
			b.words[tag][key] = append(b.words[tag][key], v.(string))
		}
	case string:
		b.texts[tag][key] = n
	}
}

func (b book) Tags() []string                 { return b.tags }
func (b book) Words(tag, key string) []string { return b.words[tag][key] }
func (b book) Text(tag, key string) string    { return b.texts[tag][key] }

var variables = regexp.MustCompile(`\{\{[^}]*\}\}`)

func (b book) Texts(tag string) []string {
	var all []string
	for _, t := range b.texts[tag] {
		all = append(all, variables.ReplaceAllString(t, " "))
	}
	sort.Strings(all)
	return all
}

func (b book) Keys(tag, prefix string) []string {
	var keys []string
	for k := range b.words[tag] {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}
