package browsertest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	permissions "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// A resident of the demo's SMS phone presses the link, sends a photo, and reads of it on the phone. Then the page is looked at in every
// shape: as it opens, with a problem, and when it is done.
func TestTheUploadPage(t *testing.T) {
	b := open(t)
	s := serve(t)
	v := newVisitor(t, b)
	v.look(1280, "light")
	v.visit(s.url + "/simulator/")
	link := v.smsToThePhoto()
	page := newVisitor(t, b) // the phone's own browser, without a cookie of ours
	page.look(390, "light")
	page.visit(link)
	page.picture("upload")
	page.choose("hole.jpg", square())
	page.press()
	page.until(`location.search.includes('sent=photo')`)
	v.until(`document.querySelector('.sms .transcript').innerText.includes('Got your photo.')`)

	page.visit(link)
	page.choose("notes.jpg", []byte("these are words"))
	page.press()
	page.until(`document.querySelector('.problem')`)
	page.until(`document.activeElement === document.querySelector('.problem')`)
	if said := page.text(`document.querySelector('.problem').innerText`); !strings.Contains(said, "notes.jpg") || !strings.Contains(said, "We cannot read that file") {
		t.Errorf("the problem is told as %q", said)
	}
	page.forget() // the browser notes its 422
	for _, c := range []struct{ name, suffix string }{{"upload", "?lang=en"}, {"upload-ur", "?lang=ur"}, {"upload-sent", "?lang=en&sent=photo"}, {"upload-sent-ur", "?lang=ur&sent=photo"}} {
		page.everyShape(c.name, link+c.suffix)
	}
	page.quiet()
	for _, tag := range []string{"en", "ur"} {
		page.visit(link + "?lang=" + tag)
		page.choose("notes.jpg", []byte("these are words"))
		page.press()
		page.until(`document.querySelector('.problem')`)
		for _, width := range []int64{1280, 390, 320} {
			for _, scheme := range []string{"light", "dark"} {
				page.look(width, scheme)
				page.inspect(fmt.Sprintf("upload-problem-%s-%d-%s", tag, width, scheme), width)
				page.picture(fmt.Sprintf("upload-problem-%s-%d-%s", tag, width, scheme))
			}
		}
	}
	page.visit(s.url + "/u/1111111111111111111111?lang=ur")
	page.inspect("upload-gone", 320)
	page.picture("upload-gone")
}

// A place by the phone's own position: allowed, and refused.
func TestAPlaceByTheUploadPage(t *testing.T) {
	b := open(t)
	s := serve(t)
	v := newVisitor(t, b)
	v.look(1280, "light")
	v.visit(s.url + "/simulator/")
	v.sms("pothole", "hurt")
	v.sms("2", "Where is it?")
	v.sms("by the thing", "did not find")
	v.sms("u know the shops", "/u/")
	link := v.lastLink()
	page := newVisitor(t, b)
	page.look(390, "light")
	page.allow(s.url, 52.4510, -1.8720)
	page.visit(link)
	page.everyShape("upload-place", link)
	page.everyShape("upload-place-ur", link+"?lang=ur")
	page.visit(link)
	page.js(`document.querySelector('#position').click()`)
	page.until(`document.querySelector('.status').textContent.includes('We have your position')`)
	page.inspect("upload-place-got", 320)
	page.press()
	page.until(`location.search.includes('sent=place')`)
	page.quiet()
	v.until(`document.querySelector('.sms .transcript').innerText.includes('Got your pin.')`)

	other := newVisitor(t, b)
	other.look(390, "light")
	other.visit(link)
	other.js(`navigator.geolocation.getCurrentPosition = (_, failed) => failed({code: 1})`)
	other.js(`document.querySelector('#position').click()`)
	other.until(`document.querySelector('.status').textContent.includes('did not tell us where you are')`)
	other.quiet()
}

// smsToThePhoto answers on the SMS phone until a photo is asked, and gives the link.
func (v *visitor) smsToThePhoto() string {
	v.t.Helper()
	v.sms("pothole", "hurt")
	v.sms("2", "Where is it?")
	v.sms("12 Stratford Road", "Where in the road")
	v.sms("1", "How big")
	v.sms("1", "/u/")
	return v.lastLink()
}

func (v *visitor) lastLink() string {
	v.t.Helper()
	link := v.text(`[...document.querySelectorAll('.sms .transcript a[href*="/u/"]')].pop().href`)
	if target := v.text(`[...document.querySelectorAll('.sms .transcript a[href*="/u/"]')].pop().target`); target != "_blank" {
		v.t.Errorf("the link opens in %q", target)
	}
	return link
}

// sms writes on the SMS phone and waits for an answer that holds a part.
func (v *visitor) sms(text, part string) {
	v.t.Helper()
	const before = `[...document.querySelectorAll('.sms .transcript li')].length`
	n := v.text("String(" + before + ")")
	v.js(fmt.Sprintf(`const t=document.querySelector('#sms-text'); t.value=%q; t.dispatchEvent(new Event('input',{bubbles:true})); t.closest('form').requestSubmit()`, text))
	v.until(fmt.Sprintf(`[...document.querySelectorAll('.sms .transcript li')].slice(%s).some(li => li.innerText.includes(%q))`, n, part))
}

// choose puts a file into the page's field.
func (v *visitor) choose(name string, content []byte) {
	v.t.Helper()
	file := filepath.Join(v.t.TempDir(), name)
	must(v.t, os.WriteFile(file, content, 0o600))
	v.do(chromedp.SetUploadFiles("#photo", []string{file}))
}

func (v *visitor) press() {
	v.t.Helper()
	v.js(`document.querySelector('form').requestSubmit(document.querySelector('.send'))`)
}

// everyShape looks at a page in every width and colour.
func (v *visitor) everyShape(name, url string) {
	v.t.Helper()
	for _, width := range []int64{1280, 390, 320} {
		for _, scheme := range []string{"light", "dark"} {
			shape := fmt.Sprintf("%s-%d-%s", name, width, scheme)
			v.look(width, scheme)
			v.visit(url)
			v.inspect(shape, width)
			v.picture(shape)
		}
	}
}

// allow lets a site ask where the phone is, and puts the phone somewhere.
func (v *visitor) allow(origin string, lat, lon float64) {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, permissions.SetPermission, permissions.SetPermissionParams{Origin: origin, Setting: permissions.PermissionSettingGranted,
			Permission: &permissions.PermissionDescriptor{Name: "geolocation"}, BrowserContextID: chromedp.FromContext(v.ctx).BrowserContextID}); err != nil {
			return err
		}
		accuracy := 12.0
		_, err := chromedp.Call(ctx, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Latitude: &lat, Longitude: &lon, Accuracy: &accuracy})
		return err
	}))
}

func square() []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil)
	return b.Bytes()
}
