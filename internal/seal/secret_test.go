package seal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/seal"
)

var newer = []byte("fedcba9876543210fedcba9876543210")

func TestTheSecretIsChangedWhileNodesServe(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		serving := load(t, db, secret)
		add(t, db, serving, 0, 3)
		both, err := seal.Load(ctx, db, newer, secret)
		if err != nil {
			t.Fatal(err)
		}
		add(t, db, both, 10, 3)
		openAll(t, db, serving)
		write(t, db, func(tx *database.Tx) error {
			_, _, err := both.Begin(ctx, tx, addresses(1))
			if !errors.Is(err, seal.ErrRewrapFirst) {
				t.Errorf("a new data key that nodes of the old secret could not read: %v", err)
			}
			return nil
		})
		for _, want := range []int{3, 0} { // run again it changes nothing
			write(t, db, func(tx *database.Tx) error {
				n, err := both.Rewrap(ctx, tx)
				if n != want {
					t.Errorf("%d keys rewrapped, not %d", n, want)
				}
				return err
			})
		}
		add(t, db, serving, 20, 1) // a node of the old secret serves on
		if all, _ := openAll(t, db, load(t, db, newer)); all != 7 {
			t.Errorf("the new secret alone opens %d", all)
		}
		_, err = seal.Load(ctx, db, secret)
		if !errors.Is(err, seal.ErrSecret) || !strings.Contains(err.Error(), "write the new one, a comma, and the old one") {
			t.Errorf("the old secret alone: %v", err)
		}
		if string(serving.Derive("x")) != string(load(t, db, newer).Derive("x")) {
			t.Error("forms that are open go stale with the secret")
		}
	})
}

func TestANewIndexKeyFindsWhatTheOldOneFound(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		k := load(t, db, secret)
		write(t, db, func(tx *database.Tx) error {
			next, err := k.NewIndex(ctx, tx)
			if err != nil {
				return err
			}
			if string(next.Index("sms", "1")) == string(k.Index("sms", "1")) {
				t.Error("the index is the old one")
			}
			if next.Hash("received", "SM1") != k.Hash("received", "SM1") {
				t.Error("messages received before would be taken again")
			}
			return nil
		})
		after := load(t, db, secret)
		if string(after.Index("sms", "1")) == string(k.Index("sms", "1")) {
			t.Error("a start reads the old index key")
		}
	})
}

func TestTheSecretsFileIsWrittenWhole(t *testing.T) {
	folder := t.TempDir()
	if err := seal.WriteSecrets(folder, newer, secret); err != nil {
		t.Fatal(err)
	}
	both, err := seal.SecretFile(folder)
	if err != nil || len(both) != 2 || string(both[0]) != string(newer) || string(both[1]) != string(secret) {
		t.Fatalf("%q, %v", both, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "secret.new"), []byte("half"), 0o600); err != nil { // a crash left it
		t.Fatal(err)
	}
	if err := seal.WriteSecrets(folder, newer); err != nil {
		t.Fatal(err)
	}
	if one, err := seal.SecretFile(folder); err != nil || len(one) != 1 || string(one[0]) != string(newer) {
		t.Fatalf("%q, %v", one, err)
	}
}
