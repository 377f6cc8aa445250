//go:build !chaos

// Package failpoint names the places where a test may kill or pause the process: around each commit, write and call that a promise
// hangs on. Without the build tag chaos it is empty, and no name is left in the binary. It refuses to know what stands at a place.
package failpoint

// Hit passes a place. Under the tag chaos the process may end here.
func Hit(string) {}

// Spoil lets a turn fail. Under the tag chaos it does when the message's text says so.
func Spoil(string) error { return nil }
