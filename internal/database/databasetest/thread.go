package databasetest

import "runtime"

// keepThread runs f on a thread of its own that never ends before the process does.
func keepThread(f func()) {
	runtime.LockOSThread()
	f()
	select {}
}
