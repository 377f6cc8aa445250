// Package inbox keeps who we talk with and what was said: contacts, addresses, conversations, messages and handoffs, their rules
// and their SQL. Write is the one way a message to a resident is made. It refuses to know trees, cases and providers.
package inbox
