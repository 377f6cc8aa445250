package api

import (
	"time"

	"concierge/cases"
)

// view is a case as a partner sees it. Times are UTC in whole seconds; what is not there is null.
type view struct {
	Reference  cases.Reference `json:"reference"`
	Version    int64           `json:"version"`
	Service    string          `json:"service"`
	Status     cases.Status    `json:"status"`
	Reason     *string         `json:"reason"`
	NextStep   *string         `json:"next_step"`
	PlannedFor *string         `json:"planned_for"`
	Original   *string         `json:"original"`
	FiledAt    *string         `json:"filed_at"`
	ChangedAt  *string         `json:"changed_at"`
	ClosedAt   *string         `json:"closed_at"`
	DueAt      *string         `json:"due_at"`
	PromisedAt *string         `json:"promised_at"`
	Urgent     bool            `json:"urgent"`
	Reopened   int             `json:"reopened"`
	Place      place           `json:"place"`
	Followers  int             `json:"followers"`
	*words
}

type place struct {
	Lat      *float64 `json:"lat"`
	Lon      *float64 `json:"lon"`
	Metres   *float64 `json:"metres"`
	Street   *string  `json:"street"`
	Postcode *string  `json:"postcode"`
	Ward     *string  `json:"ward"`
}

// words are for partners who may read the resident's own.
type words struct {
	Description string         `json:"description"`
	Language    string         `json:"language"`
	Label       string         `json:"label"`
	Answers     []cases.Answer `json:"answers"`
}

func see(one cases.Case, followers int, text bool) view {
	v := view{Reference: one.Reference, Version: one.Version, Service: one.Service, Status: one.Status, Reason: some(string(one.Reason)),
		NextStep: some(one.NextStep), PlannedFor: some(one.PlannedFor), Original: some(string(one.DuplicateOf)), FiledAt: at(one.FiledAt),
		ChangedAt: at(one.ChangedAt), ClosedAt: at(one.ClosedAt), DueAt: at(one.DueAt), PromisedAt: at(one.PromisedAt), Urgent: one.Urgent,
		Reopened: one.Reopened, Followers: followers,
		Place: place{Street: some(one.Place.Street), Postcode: some(one.Place.Postcode), Ward: some(one.Place.Ward)}}
	if one.Place.Point {
		v.Place.Lat, v.Place.Lon, v.Place.Metres = &one.Place.Lat, &one.Place.Lon, &one.Place.Metres
	}
	if text {
		v.words = &words{one.Description, one.Language, one.Place.Label, append([]cases.Answer{}, one.Answers...)}
	}
	return v
}

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func at(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return some(t.UTC().Truncate(time.Second).Format(time.RFC3339))
}
