package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// quickCouncil is a folder with the demo's council.yaml, save that its senders may send as fast as they can and spend what it takes:
// at one SMS a second a row would wait for the pace and test nothing else.
func quickCouncil(folder string) error {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "concierge").Output()
	if err != nil {
		return fmt.Errorf("find the checkout: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "council", "demo", "council.yaml"))
	if err != nil {
		return err
	}
	text := strings.Replace(string(data), "\nchannels:\n", "\nchannels:\n  rates: {sms: 1000, whatsapp: 1000, telegram: 1000, each: {whatsapp: 0s, telegram: 0s}}\n", 1)
	text = strings.Replace(text, "sms: 40, whatsapp: 20}", "sms: 100000, whatsapp: 100000}", 1)
	if strings.Count(text, "100000") != 2 || !strings.Contains(text, "rates: {sms") {
		return fmt.Errorf("the demo's council.yaml has no channels or daily_spend any more where chaos looks for them")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "council.yaml"), []byte(text), 0o600)
}
