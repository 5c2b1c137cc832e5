// Package desktop shows the interface in a window of the operating system. It is the only user of Wails.
//
// With the build tag desktop (or bindings) Run opens the window; without, it returns ErrNotBuilt and the package needs neither
// GTK nor WebView. A program for people is built with
//
//	go build -tags desktop,production,webkit2_41,sqlite_fts5 .      (webkit2_41 on Linux only)
//
// and the bindings in frontend/wailsjs are written, from the root of the module, by
//
//	go build -tags bindings,sqlite_fts5 -o gen . && tsoutputtype=interfaces ./gen
//
// Generating bindings runs main up to wails.Run and calls no hook. Everything that touches the machine, the data directory's
// lock, database and sockets, therefore happens in the startup hook.
//
// Order: the startup hook takes the data directory, forwards events, starts the app, and only then lets the page load, so the
// page never meets an app that is half started; web serves in the same order. If starting fails, a dialog says why and the
// window closes. The shutdown hook stops in reverse order. The window is single per data directory: starting the program
// again brings it to the front.
package desktop
