// Package smoke opens the real, unmodified desktop binary under a display of its own (Xvfb) and looks at it twice.
//
// First as a picture: the window named 同舟 must appear, and its pixels must be those of a drawn interface, not of a blank
// or half-built page. Then as a document: WebKitWebDriver attaches to the window's page, founds a team through the
// interface and reads back what is shown, which proves that the bindings between page and program work in the build that
// users get.
//
// Nothing waits for a fixed time: every wait is for a condition, with a limit.
package smoke
