// Package cases keeps what was promised: cases, their references, statuses, updates and followers, the rules of change and the
// SQL. It keeps facts; others find the words. It refuses to know channels, phrases and dialogue.
package cases
