// Package web offers the interface of the app to a browser on the same machine, for machines without a desktop window and for
// end-to-end tests. It is the same interface as in the window: the same frontend, the same bound structs, the same events.
//
//	POST /api/{package}/{Method}   body: JSON array of the arguments   200 JSON result | 422 {"code","params"}
//	GET  /api/events               text/event-stream                   data: {"topic","payload"}
//	GET  /…                        the embedded frontend
//
// Vocabulary: a bound struct is a pointer to a struct whose exported methods the interface may call; the guard is the set of
// checks every request passes before anything else happens.
//
// Any web page the person opens, and any other user of the machine, can send requests to a loopback port. The guard therefore
// refuses, in this order:
//
//   - a Host that is not this listener's address, which stops DNS rebinding (403),
//   - an Origin or Sec-Fetch-Site of another page (403),
//   - under /api, a request without the bearer token of this run (401).
//
// The token is 256 random bits, made anew at each start, and travels in the fragment of the printed address: browsers send
// fragments to nobody. The static frontend needs no token because it holds nothing of the team.
//
// Everything else that goes wrong before the method runs: 404 no such method, 405 wrong verb, 415 not JSON, 413 above 1 MiB,
// 400 arguments that do not fit the method. A fault answers 422 with its code and parameters; any other error, and a panic,
// is logged and answers 500 {"code":"internal"}. Permission is not decided here: the app decides it where ops are applied.
package web
