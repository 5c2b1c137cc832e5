//go:build (desktop || bindings) && !windows

package desktop

// WebView names the component that draws the page. Here it is linked: a program that runs has it.
func WebView() (engine string, err error) { return "WebKit", nil }
