package council

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Keep is how long a kind of data is kept.
type Keep time.Duration

// Forever keeps it: "never" in the file, for never deleted.
const Forever Keep = -1

// decoder fills structs from YAML nodes by their yaml tags. It goes on after an error, so that all are told at once, and remembers
// the line of every path for the checks that follow.
type decoder struct {
	file  string
	lines map[string]int
	errs  []error
}

func (d *decoder) fail(line int, format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf("%s:%d: %s", d.file, line, fmt.Sprintf(format, args...)))
}

func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.lines[path] = n.Line
	if d.special(n, v, path) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if n.Tag == "!!null" {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Map:
		d.table(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, "%s must hold keys and values", path)
		return
	}
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
			fields[tag] = v.Field(i)
		}
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, known := fields[key.Value]
		if !known {
			d.fail(key.Line, "unknown key %q%s", join(path, key.Value), hint(key.Value, fields))
			continue
		}
		if seen[key.Value] {
			d.fail(key.Line, "%s is here twice: keep one", join(path, key.Value))
			continue
		}
		seen[key.Value] = true
		if value.Tag == "!!null" && field.Kind() != reflect.Pointer {
			d.fail(value.Line, "%s is empty: give it a value or leave the key out", join(path, key.Value))
			continue
		}
		d.value(value, field, join(path, key.Value))
	}
}

func (d *decoder) table(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, "%s must hold keys and values", path)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i < len(n.Content); i += 2 {
		key := reflect.ValueOf(n.Content[i].Value)
		if v.MapIndex(key).IsValid() {
			d.fail(n.Content[i].Line, "%s is here twice: keep one", join(path, n.Content[i].Value))
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(n.Content[i+1], item, join(path, n.Content[i].Value))
		v.SetMapIndex(key, item)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n.Line, "%s must be a list: [a, b]", path)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.value(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n.Line, "%s must be a single value", path)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
	case reflect.Bool:
		if n.Value != "true" && n.Value != "false" {
			d.fail(n.Line, "%s must be true or false, not %q", path, n.Value)
			return
		}
		v.SetBool(n.Value == "true")
	case reflect.Int:
		i, err := strconv.Atoi(n.Value)
		if err != nil || i < 0 {
			d.fail(n.Line, "%s must be a whole number, not %q", path, n.Value)
			return
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || !(f >= 0 && f < 1e12) {
			d.fail(n.Line, "%s must be a number, not %q", path, n.Value)
			return
		}
		v.SetFloat(f)
	}
}

// special reads the types that are written as words: 10m, 28d, Europe/London, "09:00-17:00".
func (d *decoder) special(n *yaml.Node, v reflect.Value, path string) bool {
	var err error
	switch to := v.Addr().Interface().(type) {
	case *time.Duration:
		*to, err = parseDuration(n.Value)
	case *Keep:
		*to, err = parseKeep(n.Value)
	case **time.Location:
		*to, err = time.LoadLocation(n.Value)
		if err != nil || n.Value == "" || n.Value == "Local" {
			err = fmt.Errorf("%q is no time zone: write it like Europe/London", n.Value)
		}
	case *Clock:
		*to, err = parseClock(n.Value)
	case *Span:
		*to, err = parseSpan(n.Value)
	case *Date:
		*to, err = parseDate(n.Value)
	case *When:
		d.when(n, to, path)
	case *Week:
		d.week(n, to, path)
	case *Target:
		d.target(n, v, path)
	default:
		return false
	}
	if err != nil {
		d.fail(n.Line, "%s: %v", path, err)
	}
	return true
}

func (d *decoder) when(n *yaml.Node, w *When, path string) {
	switch {
	case n.Kind == yaml.MappingNode:
		d.week(n, &w.Week, path)
	case n.Value == "always":
		w.Always = true
	case n.Value == "office":
		w.Office = true
	default:
		d.fail(n.Line, "%s must be office, always or {mon: \"08:00-20:00\", …}, not %q", path, n.Value)
	}
}

func (d *decoder) week(n *yaml.Node, w *Week, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, "%s must be days with hours: {mon: \"09:00-17:00\", …}", path)
		return
	}
	*w = Week{}
	for i := 0; i < len(n.Content); i += 2 {
		day, known := weekdays[n.Content[i].Value]
		span, err := parseSpan(n.Content[i+1].Value)
		switch {
		case !known:
			d.fail(n.Content[i].Line, "%s: %q is no day: write mon tue wed thu fri sat sun", path, n.Content[i].Value)
		case err != nil || span.IsZero():
			d.fail(n.Content[i+1].Line, "%s: %q is no span of hours: write it like \"09:00-17:00\", or leave the day out",
				join(path, n.Content[i].Value), n.Content[i+1].Value)
		default:
			(*w)[day] = span
		}
	}
}

func (d *decoder) target(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.ScalarNode && n.Value == "none" {
		return
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		d.fail(n.Line, "%s must be one of {working_days: 5}, {days: 28}, {hours: 24}, or none", path)
		return
	}
	before := len(d.errs)
	d.structure(n, v, path)
	if v.IsZero() && len(d.errs) == before {
		d.fail(n.Line, "%s must promise at least 1, or be none", path)
	}
}

func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, fmt.Errorf("%q is no length of time: write it like 10m, 2h or 28d", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	length, err := time.ParseDuration(s)
	if err != nil || length < 0 {
		return 0, fmt.Errorf("%q is no length of time: write it like 10m, 2h or 28d", s)
	}
	return length, nil
}

func parseKeep(s string) (Keep, error) {
	if s == "never" {
		return Forever, nil
	}
	length, err := parseDuration(s)
	if err == nil && length == 0 {
		err = fmt.Errorf("%q keeps nothing: write days, like 30d, or never", s)
	}
	return Keep(length), err
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// hint names the known key that is nearest to a mistyped one, or else all of them.
func hint(key string, fields map[string]reflect.Value) string {
	var known []string
	for name := range fields {
		if len(name) > 2 && (strings.HasPrefix(key, name[:2]) || strings.HasSuffix(key, name[len(name)-2:])) {
			known = append(known, name)
		}
	}
	if len(known) == 0 {
		for name := range fields {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	return ": take it out, or is it one of " + strings.Join(known, ", ") + "?"
}
