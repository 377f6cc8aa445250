//go:build !chaos

// Package failpoint names the places where a test may kill or pause the process: around each commit, write and call that a promise
// hangs on. Without the build tag chaos it is empty, and no name is left in the binary. It refuses to know what stands at a place.
package failpoint

// Hit passes a place. Under the tag chaos the process may end here.
func Hit(string) {}
