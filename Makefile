# The few verbs of this house. Each line is one you could type.
.PHONY: run test abuse bench chaos chaos-night chaos-points release-check crashfs mutants sim lint privacy transcripts say clean

run: ## build, make an SQLite database in ./data, serve, and say where to go
	CGO_ENABLED=0 go build -trimpath -o bin/concierge ./cmd/concierge
	./bin/concierge serve

test: ## everything there is; installs what it needs where it may, else says how and names what it skipped
	sh test.sh

bench: ## the figures, as a table and as bench.json
	go run ./cmd/bench

chaos: ## break the release binary on purpose and count broken promises (docs/chaos.md); SEED= N= ENGINE=
	go run ./cmd/chaos $(if $(SEED),-seed $(SEED)) $(if $(N),-n $(N)) $(if $(ENGINE),-engine $(ENGINE))

chaos-night: ## the same in the night's sizes: hours
	go run ./cmd/chaos -night -together 1 $(if $(SEED),-seed $(SEED)) $(if $(ENGINE),-engine $(ENGINE))

chaos-points: ## kill a node at each named place of the code, on both databases; a place not reached fails it
	go run ./cmd/chaos -rows chaos-points,chaos-points-sqlite $(if $(SEED),-seed $(SEED)) $(if $(N),-n $(N))

chaos-%: ## one row of it
	go run ./cmd/chaos -rows $@ $(if $(SEED),-seed $(SEED)) $(if $(N),-n $(N)) $(if $(ENGINE),-engine $(ENGINE))

release-check: ## no crash point is in the release binary
	go run ./cmd/chaos -release-check

crashfs: ## cut the power 3,000 times under the spool, on a disk that keeps only what was synced
	CRASHFS_IMAGES=3000 go test ./internal/spool -run TestPowerCut -v

mutants: ## plant twelve bugs, one after the other, and see that each is caught
	go run ./cmd/mutants

privacy: ## send known numbers, names, words, photos and tokens through every flow, then look for them wherever they may not be
	go test -count=1 -run 'NothingPrivate|PanicsLeaves|PanicsSays|NothingButThePicture|HEICKeeps' ./cmd/concierge ./concierge ./internal/jobs ./internal/media

abuse: ## what strangers can do to the phone bill: replies to an echo, sends to other prefixes, overshoot of the spending cap
	go test ./cmd/concierge -run '^TestAbuse$$' -count=1 -v

sim: ## thousands of schedules of faults against nodes in memory, their clock and provider following a script (docs/chaos.md); SEED= N=
	go test ./concierge -run 'TestSimulation$$' -v -count=1 -timeout 60m -rapid.nofailfile -rapid.checks=$(or $(N),5000) $(if $(SEED),-rapid.seed=$(SEED))

transcripts: ## rewrite the golden transcripts from what is said today
	go test ./dialog ./concierge ./locales -update

say: ## what is said along a way, in a language: make say TREE=pothole TAG=pl [CHANNEL=whatsapp] [ANSWERS="danger=no size=large"]
	go run ./cmd/concierge locales preview $(TREE) --lang "$(TAG)" --channel "$(or $(CHANNEL),sms)" --path "$(ANSWERS)"

lint:
	go vet ./...
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run

clean:
	rm -rf bin bench.json chaos.jsonl
