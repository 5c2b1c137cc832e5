//go:build !windows

package command

// uiLanguage is "": the environment names the language.
func uiLanguage() string { return "" }
