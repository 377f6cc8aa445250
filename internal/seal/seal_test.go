package seal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/seal"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

func TestSealedColumnsOpenOnlyWhereTheyStand(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		k := load(t, db, secret)
		sealed := k.Seal("addresses", "1", []byte("+447700900123"))
		if bytes.Contains(sealed, []byte("7700900123")) {
			t.Fatal("the number can be read")
		}
		if plain, err := k.Open("addresses", "1", sealed); err != nil || string(plain) != "+447700900123" {
			t.Fatalf("opened %q, %v", plain, err)
		}
		if _, err := k.Open("addresses", "2", sealed); err == nil {
			t.Fatal("it opens in another row")
		}
		again := load(t, db, secret)
		if plain, err := again.Open("addresses", "1", sealed); err != nil || string(plain) != "+447700900123" {
			t.Fatalf("after a restart: %q, %v", plain, err)
		}
		if !bytes.Equal(k.Index("sms", "+44"), again.Index("sms", "+44")) || bytes.Equal(k.Index("sms", "+44"), k.Index("whatsapp", "+44")) {
			t.Fatal("the index changed, or does not tell kinds apart")
		}
		if _, err := seal.Load(context.Background(), db, []byte("another secret, as long as it must")); !errors.Is(err, seal.ErrSecret) {
			t.Fatalf("another secret: %v", err)
		}
	})
}

func TestNodesThatStartAtOnceShareTheirKeys(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var wg sync.WaitGroup
		hashes := make([]string, 8)
		for i := range hashes {
			wg.Go(func() {
				k, err := seal.Load(context.Background(), db, secret)
				if err != nil {
					t.Error(err)
					return
				}
				hashes[i] = k.Hash("x", "y")
			})
		}
		wg.Wait()
		for _, h := range hashes {
			if h != hashes[0] {
				t.Fatal("two nodes have two keys")
			}
		}
	})
}

func TestLinkTokensReadBack(t *testing.T) {
	k := load(t, databasetest.Open(t, database.SQLite, nil), secret)
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Uint64().Draw(t, "number")
		token := k.LinkToken(number)
		if got, ok := k.LinkNo(token); !ok || got != number || len(token) != seal.TokenSize {
			t.Fatalf("%d became %q became %d, %v", number, token, got, ok)
		}
		forged := []byte(token)
		i := rapid.IntRange(0, len(forged)-1).Draw(t, "sign")
		if forged[i]++; string(forged) != token {
			if _, ok := k.LinkNo(string(forged)); ok {
				t.Fatalf("%q passes too", forged)
			}
		}
	})
	for _, bad := range []string{"", "1", "0000000000000000000000", "zzzzzzzzzzzzzzzzzzzzzz"} {
		if _, ok := k.LinkNo(bad); ok {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestTheSecretIsMadeOnce(t *testing.T) {
	folder := t.TempDir()
	one, err := seal.SecretFile(folder)
	if err != nil {
		t.Fatal(err)
	}
	two, err := seal.SecretFile(folder)
	if err != nil || len(one) != 1 || len(two) != 1 || !bytes.Equal(one[0], two[0]) || len(one[0]) != 64 {
		t.Fatalf("%q then %q, %v", one, two, err)
	}
	if info, err := os.Stat(folder + "/secret"); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the secret's file: %v, %v", info.Mode(), err)
	}
}

func load(t *testing.T, db *database.DB, secret []byte) *seal.Keys {
	t.Helper()
	k, err := seal.Load(context.Background(), db, secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
