//go:build chaos

package failpoint

import (
	"errors"
	"strings"
	"time"
)

// Spoil fails the turn of a message that says so: "spoil:index" anywhere in its text, and so on for each way a turn can fail.
func Spoil(text string) error {
	_, how, ok := strings.Cut(text, "spoil:")
	if !ok {
		return nil
	}
	how, _, _ = strings.Cut(how, " ")
	var none []int
	var nobody *struct{ age int }
	var anything any = "text"
	zero := len(none)
	switch how {
	case "text":
		panic("spoiled")
	case "error":
		panic(errors.New("spoiled"))
	case "map":
		var m map[string]int
		m["spoiled"] = 1
	case "pointer":
		nobody.age = 1
	case "index":
		none[zero]++
	case "slice":
		none = none[zero+2:]
	case "divide":
		zero = 1 / zero
	case "assert":
		zero = anything.(int)
	case "closed":
		c := make(chan int)
		close(c)
		close(c)
	case "slow": // longer than a turn may take
		time.Sleep(1100 * time.Millisecond)
		return nil
	}
	return errors.New("spoiled: " + how)
}
