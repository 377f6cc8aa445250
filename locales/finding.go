package locales

import (
	"fmt"
	"sort"
	"strings"
)

// Finding is one thing to mend in the files. An error keeps a Set from loading, or a language from shipping; a warning does not.
type Finding struct {
	File    string // "pl/messages.toml"
	Line    int    // 0 when the file has no such line
	Key     string
	Message string // what is wrong, and what to do
	Warning bool
}

// String is file:line: key: what, and what to do.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	b.WriteString(": ")
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Message)
	return b.String()
}

// Findings are many at once, as an error.
type Findings []Finding

// Error has one finding a line.
func (f Findings) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

func (f Findings) sorted() Findings {
	sort.SliceStable(f, func(i, j int) bool {
		if f[i].File != f[j].File {
			return f[i].File < f[j].File
		}
		if f[i].Line != f[j].Line {
			return f[i].Line < f[j].Line
		}
		return f[i].Key < f[j].Key
	})
	return f
}
