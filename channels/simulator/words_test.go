package simulator_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// english reads the source words as the host's locales would say them.
func english(t testing.TB) map[string]string {
	t.Helper()
	return tongue(t, "en")
}

func tongue(t testing.TB, tag string) map[string]string {
	t.Helper()
	var tree map[string]any
	if _, err := toml.DecodeFile("../../locales/"+tag+"/messages.toml", &tree); err != nil {
		t.Fatal(err)
	}
	flat := map[string]string{}
	var walk func(prefix string, m map[string]any)
	walk = func(prefix string, m map[string]any) {
		for k, v := range m {
			switch v := v.(type) {
			case string:
				flat[prefix+k] = v
			case map[string]any:
				walk(prefix+k+".", v)
			}
		}
	}
	walk("", tree)
	return flat
}

// words says them. A key that is missing says itself.
func words(table map[string]string) func(tag, key string, vars ...string) string {
	return func(_, key string, vars ...string) string {
		form, pairs := "", map[string]string{}
		for i := 0; i+1 < len(vars); i += 2 {
			pairs[vars[i]] = vars[i+1]
		}
		if n, ok := pairs["Count"]; ok {
			form = ".other"
			if n == "1" {
				form = ".one"
			}
		}
		text, ok := table[key+form]
		if !ok {
			return "[" + key + "]"
		}
		for name, value := range pairs {
			text = strings.ReplaceAll(text, "{{."+name+"}}", value)
		}
		return text
	}
}

// TestEveryWordStandsInTheSource reads the keys from the page and the code: none is missing, none is left over.
func TestEveryWordStandsInTheSource(t *testing.T) {
	table, used := english(t), map[string]bool{}
	inPage := regexp.MustCompile(`\{\{w "([a-z_.]+)"`)
	made := regexp.MustCompile(`\{\{w \(print "([a-z_]+\.)" `)
	inCode := regexp.MustCompile(`"simulator\.([a-z_.]+[a-z_])"|trouble\{"([a-z_]+)"`)
	files, _ := filepath.Glob("*.go")
	for _, f := range append(files, "page/index.html") {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inPage.FindAllStringSubmatch(string(b), -1) {
			used["simulator."+m[1]] = true
		}
		for _, m := range made.FindAllStringSubmatch(string(b), -1) {
			for _, end := range map[string][]string{
				"phone.": kindNames, "transcript.": kindNames, "tools.": kindNames, "photo.": {"pothole", "street_light", "park_path"},
				"lever.": {"forward", "not_ours", "day"},
			}[m[1]] {
				used["simulator."+m[1]+end] = true
			}
		}
		for _, m := range inCode.FindAllStringSubmatch(string(b), -1) {
			key := "simulator." + m[1]
			if m[2] != "" {
				key = "simulator.error." + m[2]
			}
			used[key] = true
		}
	}
	if len(used) < 60 {
		t.Fatalf("only %d keys were found in the page and the code", len(used))
	}
	for key := range used {
		if table[key] == "" && table[key+".other"] == "" {
			t.Errorf("%s is not in locales/en/messages.toml", key)
		}
	}
	for key := range table {
		bare := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
		given := strings.HasPrefix(key, "simulator.sample.") || strings.HasPrefix(key, "simulator.lever.") // by the host
		if strings.HasPrefix(key, "simulator.") && !used[bare] && !given {
			t.Errorf("%s is in locales/en/messages.toml and said nowhere", key)
		}
	}
}

var kindNames = []string{"sms", "whatsapp", "telegram"}
