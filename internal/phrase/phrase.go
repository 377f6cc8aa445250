// Package phrase holds what is to be said before it is said in a language: a key and the values that go into it.
//
// The engine, the case rules and the desk make lines; locales words them. The package knows no language, no file and no
// channel, so that the rooms which must not know each other can still hand each other a sentence.
package phrase

// Line is one sentence or label to be worded: a key of locales/<tag>/messages.toml with its variables, or Text as it is.
//
//	Line{Key: "pothole.done", Vars: []Var{{Name: "Ref", Text: "C7K-4M95"}}}
//	Line{Text: "big tesco at the roundabout"} // a resident's own words
type Line struct {
	Key  string `json:"k,omitempty"`
	Text string `json:"t,omitempty"`
	Vars []Var  `json:"v,omitempty"`
}

// Var is one value of a line. Exactly one of Text, Key, Lines and Count carries it: words as they are, a phrase to be said in the
// line's own language, several of those joined by ", ", or a number, which also picks the plural form.
type Var struct {
	Name  string `json:"n"`
	Text  string `json:"t,omitempty"`
	Key   string `json:"k,omitempty"`
	Lines []Line `json:"l,omitempty"`
	Count int    `json:"c,omitempty"`
	Date  string `json:"d,omitempty"` // "2027-04-05": said as a long date in the line's language
}

// Say makes the line of a key alone.
func Say(key string, vars ...Var) Line { return Line{Key: key, Vars: vars} }

// IsZero tells a line that says nothing.
func (l Line) IsZero() bool { return l.Key == "" && l.Text == "" }
