package dialog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"concierge/dialog"
)

// book reads the words residents get, straight from locales/, so that transcripts are what is said.
type book struct {
	tags     []string
	messages map[string]map[string]string
	words    map[string]map[string][]string
}

func readBook(t testing.TB, tags ...string) *book {
	t.Helper()
	b := &book{tags: tags, messages: map[string]map[string]string{}, words: map[string]map[string][]string{}}
	for _, tag := range tags {
		b.messages[tag], b.words[tag] = map[string]string{}, map[string][]string{}
		b.read(t, tag, "messages.toml")
		b.read(t, tag, "words.toml")
	}
	return b
}

func (b *book) read(t testing.TB, tag, name string) {
	t.Helper()
	var raw map[string]any
	data, err := os.ReadFile(filepath.Join("..", "locales", tag, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := toml.Unmarshal(data, &raw); err != nil {
		t.Fatalf("%s/%s: %v", tag, name, err)
	}
	b.flatten(tag, "", raw)
}

func (b *book) flatten(tag, prefix string, table map[string]any) {
	for k, v := range table {
		key := strings.TrimPrefix(prefix+"."+k, ".")
		switch v := v.(type) {
		case string:
			b.messages[tag][key] = v
		case []any:
			for _, w := range v {
				b.words[tag][key] = append(b.words[tag][key], w.(string))
			}
		case map[string]any:
			b.flatten(tag, key, v)
		}
	}
}

func (b *book) Tags() []string                 { return b.tags }
func (b *book) Words(tag, key string) []string { return b.words[tag][key] }
func (b *book) Keys(tag, prefix string) []string {
	var keys []string
	for k := range b.words[tag] {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func (b *book) Text(tag, key string) string {
	text, ok := b.messages[tag][key]
	if !ok && tag != "en" {
		return b.Text("en", key)
	}
	if strings.Contains(text, "{{") {
		return ""
	}
	return text
}

// say words a line as the host would, with made-up values for what only the host knows.
func (b *book) say(tag string, l dialog.Line) string {
	if l.Key == "" {
		return l.Text
	}
	text, ok := b.messages[tag][l.Key]
	vars := map[string]string{"Ref": "C7K-4M95", "Due": "Friday 11 June", "Council": "Demo Council", "Phone": "999",
		"Privacy": "https://council.example/privacy", "Link": "https://council.example/u/4kWz9QxT7mJc2RfVbN8sLp", "Count": "2"}
	count := 2
	for _, v := range l.Vars {
		switch {
		case v.Key != "":
			vars[v.Name] = b.say(tag, dialog.Line{Key: v.Key})
		case len(v.Lines) > 0:
			var parts []string
			for _, one := range v.Lines {
				parts = append(parts, b.say(tag, one))
			}
			vars[v.Name] = strings.Join(parts, ", ")
		case v.Count != 0:
			count = v.Count
			vars[v.Name] = strconv.Itoa(v.Count)
		case v.Date != "":
			vars[v.Name] = v.Date
		case v.Text != "":
			vars[v.Name] = v.Text
		}
	}
	if !ok {
		form := ".other"
		if count == 1 {
			form = ".one"
		}
		if text, ok = b.messages[tag][l.Key+form]; !ok {
			if tag != "en" {
				return b.say("en", l)
			}
			return fmt.Sprintf("MISSING %s", l.Key)
		}
	}
	for name, value := range vars {
		text = strings.ReplaceAll(text, "{{."+name+"}}", value)
	}
	return strings.TrimSpace(text)
}
