//go:build linux

package smoke

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// elementKey is the name W3C WebDriver gives to references of elements.
const elementKey = "element-6066-11e4-a52e-4f735466cecf"

// driver speaks the part of W3C WebDriver that the test needs.
type driver struct {
	base    string // http://127.0.0.1:PORT
	client  *http.Client
	session string
}

func newDriver(base string) *driver {
	return &driver{base: base, client: &http.Client{Timeout: 60 * time.Second}}
}

// call sends one command. value receives the answer and may be nil.
func (d *driver) call(ctx context.Context, method, path string, body, value any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("webdriver %s: %w", path, err)
		}
		payload = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, payload)
	if err != nil {
		return fmt.Errorf("webdriver %s: %w", path, err)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return fmt.Errorf("webdriver %s: %w", path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("webdriver %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("webdriver %s: %s: %s", path, response.Status, bytes.TrimSpace(text))
	}
	if value == nil {
		return nil
	}
	answer := struct{ Value any }{value}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("webdriver %s: %w", path, err)
	}
	return nil
}

// open starts the program given as the browser's binary and attaches to its window.
func (d *driver) open(ctx context.Context, binary string) error {
	options := map[string]any{"binary": binary, "args": []string{}}
	body := map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"webkitgtk:browserOptions": options}}}
	var answer struct{ SessionID string }
	if err := d.call(ctx, http.MethodPost, "/session", body, &answer); err != nil {
		return err
	}
	d.session = "/session/" + answer.SessionID
	return nil
}

// close ends the session and with it the program. The window is gone before the driver answers, which it reports as an
// error that says nothing.
func (d *driver) close(ctx context.Context) {
	if d.session != "" {
		_ = d.call(ctx, http.MethodDelete, d.session, nil, nil)
	}
}

// text returns what a person can read on the page.
func (d *driver) text(ctx context.Context) (string, error) {
	var text string
	body := map[string]any{"script": "return document.body.innerText", "args": []any{}}
	err := d.call(ctx, http.MethodPost, d.session+"/execute/sync", body, &text)
	return text, err
}

// find returns the first element that the XPath matches, or "" if there is none now.
func (d *driver) find(ctx context.Context, xpath string) (string, error) {
	var found []map[string]string
	body := map[string]any{"using": "xpath", "value": xpath}
	if err := d.call(ctx, http.MethodPost, d.session+"/elements", body, &found); err != nil {
		return "", err
	}
	for _, element := range found {
		return element[elementKey], nil
	}
	return "", nil
}

// waitFor waits until the XPath matches.
func (d *driver) waitFor(ctx context.Context, xpath string) (string, error) {
	var element string
	err := until(ctx, contentLimit, func() (bool, error) {
		var err error
		element, err = d.find(ctx, xpath)
		return element != "", err
	})
	if err != nil {
		return "", fmt.Errorf("wait for %s: %w", xpath, err)
	}
	return element, nil
}

// waitForText waits until the page shows all of the words, and returns what it shows.
func (d *driver) waitForText(ctx context.Context, words ...string) (string, error) {
	var shown string
	err := until(ctx, contentLimit, func() (bool, error) {
		var err error
		if shown, err = d.text(ctx); err != nil {
			return false, err
		}
		for _, word := range words {
			if !strings.Contains(shown, word) {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return shown, fmt.Errorf("wait for %q on a page that shows %q: %w", words, shown, err)
	}
	return shown, nil
}

// click waits for the element and clicks it.
func (d *driver) click(ctx context.Context, xpath string) error {
	element, err := d.waitFor(ctx, xpath)
	if err != nil {
		return err
	}
	return d.call(ctx, http.MethodPost, d.session+"/element/"+element+"/click", map[string]any{}, nil)
}

// fill types into the element with the given label.
func (d *driver) fill(ctx context.Context, xpath, text string) error {
	element, err := d.waitFor(ctx, xpath)
	if err != nil {
		return err
	}
	return d.call(ctx, http.MethodPost, d.session+"/element/"+element+"/value", map[string]any{"text": text}, nil)
}
