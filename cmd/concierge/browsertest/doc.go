// Package browsertest opens the pages of a running concierge in a real browser: it walks the first minute as a newcomer would, and looks
// at every page wide and narrow, light and dark, left to right and right to left, with axe-core (testdata/, MPL-2.0, its licence
// beside it). It holds tests only; the binary does not know it.
package browsertest
