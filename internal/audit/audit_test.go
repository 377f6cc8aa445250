package audit_test

import (
	"context"
	"strings"
	"testing"

	"concierge/internal/audit"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

func TestTheAuditOnlyGrows(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		err := db.Write(ctx, func(tx *database.Tx) error {
			for _, deed := range []string{"claimed", "opened", "opened"} {
				write := audit.Write
				if deed == "opened" {
					write = audit.Seen
				}
				if err := write(ctx, tx, audit.Entry{Actor: "asha", Deed: deed, Subject: "conversation:1"}); err != nil {
					return err
				}
			}
			all, err := audit.List(ctx, tx, "", 10)
			if len(all) != 2 || all[0].Deed != "opened" || all[1].Deed != "claimed" {
				t.Errorf("the audit reads %+v", all)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(ctx, func(tx *database.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE audit SET actor = 'somebody else'`)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Fatalf("a deed was rewritten: %v", err)
		}
	})
}
