package inbox

// Resume is the job by which a person hands a conversation back to the bot: the host then takes a turn that speaks first. It does
// nothing when the epoch has moved on or a turn was taken meanwhile.
type Resume struct {
	Conversation string `json:"c"`
	Epoch        int64  `json:"e"`
	How          string `json:"h"` // resume, menu, silent or case
	Case         string `json:"r,omitempty"`
}

// Kind implements river.JobArgs.
func (Resume) Kind() string { return "resume" }

// Take is the job that takes the turn of a message stored without it, and of those that wait behind it. A second run finds nothing
// that waits.
type Take struct {
	Conversation string `json:"c"`
	Message      string `json:"m"`
}

// Kind implements river.JobArgs.
func (Take) Kind() string { return "take" }
