package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// away is how long the database is away to fill the spool.
const away = 3 * time.Second

// crashPoints kills a node at each named place of the code, under load: as a message is stored, sent, answered, spooled, drained, swept.
// A place nobody came to is a fault that was not injected.
func crashPoints(t *trial) error {
	w := t.world
	names, err := pointsInSource()
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.Contains(n, t.points) })
	if len(names) == 0 {
		return fmt.Errorf("no crash point has %q in its name", t.points)
	}
	rounds := t.asked
	t.asked = rounds * len(names)
	t.excused, t.patience = t.inFlight, settleTime+40*time.Second // a job whose node died is taken up after 90 s to 2 min
	p := &pointer{trial: t, of: map[stir][]string{}, hit: map[string]int{}}
	for _, n := range names {
		p.of[stirOf(n)] = append(p.of[stirOf(n)], n)
	}
	time.Sleep(7 * time.Second) // the first look at the list says from when on it is ours to look through
	lost := p.lose(3 * rounds * len(p.of[bySweep]))
	p.crowd = w.gather(t.seed, walkers, 5*time.Second, 2*dawdle) // who waits longer for an answer lets somebody else write: the judge waits
	for range rounds {
		for _, step := range []func() error{p.migrations, p.load, p.poisons, p.outages, p.doubts, p.purges, p.reseals} {
			if err := step(); err != nil {
				return err
			}
		}
	}
	if len(p.of[bySweep]) > 0 {
		time.Sleep(time.Until(lost.Add(oldEnough + 5*time.Second)))
	}
	for range rounds {
		if err := p.sweeps(); err != nil {
			return err
		}
	}
	t.people = append(t.people, p.crowd.home()...)
	return p.report(names, rounds)
}

func (p *pointer) load() error {
	often := slices.DeleteFunc(slices.Clone(p.of[byLoad]), rare)
	seldom := slices.DeleteFunc(slices.Clone(p.of[byLoad]), func(s string) bool { return !rare(s) })
	if err := p.kills(often, false, 8, 20*time.Second, nothing); err != nil {
		return err
	}
	return p.kills(seldom, true, 1, 20*time.Second, nothing)
}

// rare tells the points that few messages come by: most are marked with the turn that wrote them.
func rare(point string) bool { return strings.HasPrefix(point, "mark:") }

// outages take the database away: one node dies at one point, the other at another, as far as there are two.
func (p *pointer) outages() error {
	for rest := slices.Clone(p.of[byOutage]); len(rest) > 0; {
		orders := map[*node]string{}
		for _, n := range p.world.nodes[:min(len(p.world.nodes), len(rest))] {
			orders[n] = rest[0] + "=kill@1"
			rest = rest[1:]
		}
		dead, err := p.killAt(orders, len(orders), 15*time.Second, p.outage)
		if err == nil {
			err = p.died(dead, orders)
		}
		if err != nil {
			return fmt.Errorf("in an outage for %v: %w", orders, err)
		}
	}
	return nil
}

// outage takes the database away for a while; SQLite's by holding its lock, which ends when the node is gone.
func (p *pointer) outage(over func() bool) error {
	w := p.world
	time.Sleep(300 * time.Millisecond)
	if w.postgres != nil {
		w.broke()
		w.postgres.down()
		time.Sleep(away)
		return w.postgres.up()
	}
	db, err := w.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	held, err := db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	if _, err := held.ExecContext(context.Background(), `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	for begun := time.Now(); time.Since(begun) < away+time.Second && !over(); time.Sleep(5 * time.Millisecond) {
	}
	_, err = held.ExecContext(context.Background(), `ROLLBACK`)
	return err
}

// poisons write what no turn can read, which ends with a person who is asked.
func (p *pointer) poisons() error {
	return p.kills(p.of[byPoison], true, 1, 30*time.Second, func(func() bool) error {
		r := p.world.newResident(p.seed)
		p.people = append(p.people, r)
		r.turn(context.Background(), step{"spoil:index", []string{broken}})
		return nil
	})
}

// doubts cut connections to a provider, so that nobody knows what it took.
func (p *pointer) doubts() error {
	if len(p.of[byDoubt]) == 0 {
		return nil
	}
	for range len(p.of[byDoubt]) {
		r := p.sms()
		p.world.twilio.Script(channeltest.Fault{To: string(r.at), Drop: true})
		s := r.walk()[0]
		r.turn(context.Background(), s)
	}
	return p.kills(p.of[byDoubt], true, 1, 70*time.Second, nothing)
}

// sms is somebody new who writes by SMS.
func (p *pointer) sms() *resident {
	for {
		if r := p.world.newResident(p.seed); r.kind == channels.SMS {
			p.people = append(p.people, r)
			return r
		}
	}
}

func (p *pointer) purges() error {
	return p.kills(p.of[byPurge], true, 1, 20*time.Second, func(func() bool) error {
		db, err := p.world.open()
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		_, err = db.Exec(`INSERT INTO river_job (args, kind, max_attempts) VALUES ('{}', 'purge', 3)`)
		return err
	})
}

// reseals change the key of the sealed columns, which a job of the nodes does row by row.
func (p *pointer) reseals() error {
	return p.kills(p.of[byReseal], true, 1, 30*time.Second, func(func() bool) error {
		_, err := p.world.nodes[0].run(nil, "reseal", "--no-wait")
		return err
	})
}

// lose files messages that no webhook brings.
func (p *pointer) lose(n int) time.Time {
	for range n {
		r := p.sms()
		s := r.walk()[0]
		p.world.twilio.Lost(channeltest.Inbound{From: r.phone, Body: s.say})
		r.expect(s, 200)
	}
	return time.Now()
}

// sweeps start a node again: it looks through the list 5 s after.
func (p *pointer) sweeps() error {
	if len(p.of[bySweep]) == 0 {
		return nil
	}
	n := p.world.nodes[0]
	if err := n.kill(); err != nil {
		return err
	}
	p.world.broke()
	if err := n.start(); err != nil {
		return err
	}
	return p.kills(p.of[bySweep], true, 1, 30*time.Second, nothing)
}

// migrations kill a migration of a database of its own; the next one ends it.
func (p *pointer) migrations() error {
	n := p.world.nodes[0]
	for i, point := range p.of[byMigration] {
		name := fmt.Sprintf("fresh_%d_%d", p.next, i)
		more := []string{"CONCIERGE_DATA=" + filepath.Join(p.world.dir, name)}
		if p.world.postgres != nil {
			if err := p.world.postgres.create(name); err != nil {
				return err
			}
			more = append(more, "CONCIERGE_DATABASE="+p.world.postgres.named(name))
		}
		_, err := n.run(append(more, "CONCIERGE_TEST_POINT="+point+"=kill@1"), "migrate")
		if err != nil && strings.Contains(err.Error(), "killed") {
			p.hit[point]++
		}
		for range 2 {
			if _, err := n.run(more, "migrate"); err != nil {
				p.breaks("after a kill at %q a migration does not end: %v", point, err)
			}
		}
	}
	p.next++
	return nil
}
