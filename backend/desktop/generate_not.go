//go:build !bindings

package desktop

// generating tells that this program writes the bindings instead of opening a window.
const generating = false
