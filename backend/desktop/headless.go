//go:build !desktop && !bindings

package desktop

// Built tells whether this program can open a window.
const Built = false

// Run returns ErrNotBuilt.
func Run(Options) error { return ErrNotBuilt }

// WebView returns ErrNotBuilt.
func WebView() (engine string, err error) { return "", ErrNotBuilt }
