package config_test

import (
	"strings"
	"testing"

	"concierge/internal/config"
)

func TestTheDefaultsRunTheDemo(t *testing.T) {
	s := defaults()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if !s.SimulatorOn() || !s.Loopback() || s.Postgres() || s.Twilio() || s.Telegram() {
		t.Fatalf("the demo's settings: %+v", s)
	}
}

func TestWhatCannotWorkIsToldAtOnce(t *testing.T) {
	s := defaults()
	s.PublicURL, s.Database, s.TwilioSMSFrom, s.TelegramToken = "concierge.example", "postgres://db/x", "07700 900123", "1:a"
	err := s.Validate()
	for _, want := range []string{"CONCIERGE_PUBLIC_URL", "CONCIERGE_SECRET", "CONCIERGE_TWILIO_ACCOUNT_SID", "CONCIERGE_TWILIO_AUTH_TOKEN",
		"CONCIERGE_TWILIO_SMS_FROM", "CONCIERGE_TELEGRAM_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not told: %v", want, err)
		}
	}
}

func TestAnUnknownSettingIsNoSilence(t *testing.T) {
	err := config.Unknown([]string{"CONCIERGE_DATABSE=x", "CONCIERGE_PARTNER_WORKS_IN_KEY=x", "PATH=/bin"}, []string{"CONCIERGE_DATABASE", "CONCIERGE_DATA"})
	if err == nil || !strings.Contains(err.Error(), "did you mean CONCIERGE_DATABASE?") || strings.Contains(err.Error(), "PARTNER") {
		t.Fatal(err)
	}
}

func TestTheSimulatorIsOffOncePublic(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*config.Settings)
		on   bool
	}{
		{"a provider is configured", func(s *config.Settings) { s.TelegramToken = "1:a" }, false},
		{"the address is public", func(s *config.Settings) { s.PublicURL = "https://concierge.example" }, false},
		{"switched on for a public demo", func(s *config.Settings) { s.PublicURL, s.Simulator = "https://demo.example", "on" }, true},
		{"127.0.0.1", func(s *config.Settings) { s.PublicURL = "http://127.0.0.1:9000" }, true},
	} {
		s := defaults()
		if c.set(&s); s.SimulatorOn() != c.on {
			t.Errorf("%s: simulator on is %v", c.name, s.SimulatorOn())
		}
	}
}

func defaults() config.Settings {
	return config.Settings{Listen: "localhost:8080", PublicURL: "http://localhost:8080", Data: "./data", Simulator: "auto", Log: "info,text", TelegramMode: "webhook"}
}
