//go:build desktop || bindings

package desktop

import (
	"errors"
	"fmt"

	"github.com/wailsapp/go-webview2/webviewloader"
)

// WebView names the component that draws the page, or tells that this machine lacks it.
func WebView() (engine string, err error) {
	version, err := webviewloader.GetAvailableCoreWebView2BrowserVersionString("")
	if err != nil {
		return "", fmt.Errorf("look for WebView2: %w", err)
	}
	if version == "" {
		return "", errors.New("WebView2 is not installed")
	}
	return "WebView2 " + version, nil
}
