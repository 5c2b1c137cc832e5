package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"tongzhou/backend/desktop"
)

// doctorCommand says what works on this machine. It fails if a check does.
type doctorCommand struct {
	dataFlag
	JSON bool `name:"json" help:"${json}"`
}

// finding is a check with its sentences.
type finding struct {
	Check
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"` // empty if nothing is wrong
}

func (d *doctorCommand) Run(ctx context.Context, c *call) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	dir, err := d.dir(c.Environment)
	if err != nil {
		return err
	}
	checks := c.Doctor(ctx, dir)
	if !slices.ContainsFunc(checks, func(one Check) bool { return one.Name == "webview" }) {
		checks = append(checks, checkWebview(c.CanOpen(c.Getenv)))
	}
	findings := make([]finding, len(checks))
	for i, check := range checks {
		findings[i] = c.words.describe(check)
	}
	if d.JSON {
		text, err := json.MarshalIndent(findings, "", "  ")
		if err != nil {
			return fmt.Errorf("encode the report: %w", err)
		}
		fmt.Fprintf(c.Stdout, "%s\n", text)
	} else {
		report(c, findings)
	}
	if slices.ContainsFunc(checks, func(one Check) bool { return one.State == StateFail }) {
		return errReported
	}
	return nil
}

func report(c *call, findings []finding) {
	for _, f := range findings {
		fmt.Fprintf(c.Stdout, "[%s] %s: %s\n", c.words.say("doctor.state."+f.State, nil), c.words.say("doctor.name."+f.Name, nil), f.Text)
		if f.Remedy != "" {
			fmt.Fprintf(c.Stdout, "     → %s\n", f.Remedy)
		}
	}
}

// checkWebview is answered here, because only the shells know about windows.
func checkWebview(canOpen error) Check {
	switch {
	case errors.Is(canOpen, desktop.ErrNotBuilt):
		return Check{Name: "webview", State: StateWarn, Code: "webview.not_built"}
	case errors.Is(canOpen, desktop.ErrNoDisplay):
		return Check{Name: "webview", State: StateWarn, Code: "webview.no_display"}
	}
	engine, err := desktop.WebView()
	if err != nil {
		return Check{Name: "webview", State: StateFail, Code: "webview.missing"}
	}
	return Check{Name: "webview", State: StateOK, Code: "webview.ok", Params: map[string]string{"engine": engine}}
}
