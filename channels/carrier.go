package channels

import "strings"

// CarrierWord tells whether a whole text is one of the words the networks and Twilio act on before us: opt_out, opt_in or help;
// else KindText. Only SMS has them; elsewhere STOP is our own command. An opt_in from somebody who never opted out is plain text,
// which only the host can know.
func CarrierWord(n Name, text string) Kind {
	if n != SMS || len(text) > 64 {
		return KindText
	}
	switch strings.ToUpper(strings.TrimSpace(text)) {
	case "STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL":
		return KindOptOut
	case "START", "YES", "UNSTOP":
		return KindOptIn
	case "HELP", "INFO":
		return KindHelp
	}
	return KindText
}
