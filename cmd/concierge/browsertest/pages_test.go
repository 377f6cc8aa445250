package browsertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The first minute, as a newcomer spends it: press a suggestion, answer, fast-forward, ask for a person, be that person. Then every page
// that came of it is looked at in every shape.
func TestTheFirstMinute(t *testing.T) {
	b := open(t)
	s := serve(t)
	v := newVisitor(t, b)
	v.look(1720, "light")
	v.visit(s.url + "/simulator/")
	v.inspect("simulator, new", 1720)
	v.report()
	v.picture("simulator-filed")
	v.until(`document.querySelector('.case .reference').textContent.length > 7`)
	track := v.text(`document.querySelector('.case .track').href`)
	atDesk := v.text(`document.querySelector('.case .at-desk').href`)
	v.js(`document.querySelector('[data-lever=forward]').click()`)
	v.until(`document.querySelector('.whatsapp .transcript').innerText.includes('/t/')`)
	v.js(`const s=[...document.querySelectorAll('.sms .sample')]; s[s.length-1].click()`)
	v.until(`document.querySelectorAll('.sms .transcript li').length > 1`)

	staff := newVisitor(t, b)
	staff.look(1280, "light")
	staff.visit(s.desk)
	staff.js(`document.querySelector('main form button, form button').click()`)
	staff.until(`location.pathname === '/desk/queue'`)
	staff.until(`document.querySelector('a[href*="/desk/conversations/"]')`)
	conversation := staff.text(`document.querySelector('a[href*="/desk/conversations/"]').href`)
	staff.visit(conversation)
	staff.js(`document.querySelector('form[action$="/claim"] button, form[action$="/claim"]').closest('form').requestSubmit()`)
	staff.until(`document.readyState === 'complete' && !document.querySelector('form[action$="/claim"]') && document.querySelector('form[action$="/reply"] textarea')`)
	staff.js(`const f=document.querySelector('form[action$="/reply"]'); f.querySelector('textarea').value='Hello, how can I help?'; f.requestSubmit(f.querySelector('button'))`)
	v.until(`document.querySelector('.sms .transcript').innerText.includes('how can I help?')`)
	t.Logf("from the process's start to the resident reading a person's answer: %v", time.Since(s.began).Round(100*time.Millisecond))
	v.quiet()
	staff.quiet()

	pages := []struct {
		name, url string
		by        *visitor
	}{
		{"simulator", s.url + "/simulator/?lang=en", v}, {"simulator-ur", s.url + "/simulator/?lang=ur", v},
		{"tracking", track + "?lang=en", v}, {"tracking-ur", track + "?lang=ur", v}, {"gone", s.url + "/t/1111111111111111111111", v},
		{"queue", s.url + "/desk/queue", staff}, {"conversation", conversation, staff}, {"cases", s.url + "/desk/cases", staff},
		{"case", atDesk, staff}, {"health", s.url + "/desk/health", staff}, {"login", s.url + "/desk/login", newVisitor(t, b)},
	}
	for _, p := range pages {
		for _, width := range []int64{1280, 390, 320} {
			for _, scheme := range []string{"light", "dark"} {
				name := fmt.Sprintf("%s-%d-%s", p.name, width, scheme)
				p.by.look(width, scheme)
				p.by.visit(p.url)
				p.by.inspect(name, width)
				p.by.picture(name)
			}
		}
		if p.name == "gone" {
			p.by.forget() // the browser notes its 404
		}
		p.by.quiet()
	}
	v.t.Run("a seeded fault is found", func(t *testing.T) {
		v.visit(s.url + "/desk/login")
		v.js(`document.querySelectorAll('label').forEach(l => l.remove())`)
		if v.violations() == "" {
			t.Error("a page without labels passes")
		}
	})
}

// report walks a pothole on the WhatsApp phone to its reference, by pressing what is offered.
func (v *visitor) report() {
	v.t.Helper()
	v.js(`document.querySelector('.whatsapp .sample').click()`)
	const filed = `!document.querySelector('.case').hidden`
	for asked := 1; asked < 12; asked++ {
		v.until(fmt.Sprintf(`document.querySelectorAll('.whatsapp .answers:has(button)').length >= %d || %s`, asked, filed))
		if v.text(`String(`+filed+`)`) == "true" {
			return
		}
		v.js(`
			const all = [...document.querySelectorAll('.whatsapp .answers:has(button)')].pop();
			const open = all.querySelector('.open');
			if (open) { open.click(); document.querySelector('#list-sheet .rows button').click(); return; }
			const buttons = [...all.querySelectorAll('button')];
			(buttons.find(b => b.textContent.trim() === 'No') ?? buttons[0]).click();`)
	}
	v.t.Fatal("no case after 12 answers")
}

func (v *visitor) text(expression string) string {
	v.t.Helper()
	s, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		v.t.Fatalf("%s: %v", expression, err)
	}
	return s
}
