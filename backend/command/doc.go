// Package command is the command line: it reads what was asked, puts the app into a window or onto loopback, and turns errors
// into sentences and exit codes.
//
//	tongzhou            the window; without one, the same as serve
//	tongzhou serve      the interface for a browser on this machine; prints the address
//	tongzhou verify     recompute everything shown from the ops, and compare
//	tongzhou backup     copy what is new to another disk, encrypted, and try it out
//	tongzhou restore    make a data directory of a backup
//	tongzhou doctor     what works on this machine, and the remedy for what does not
//	tongzhou version
//
// Exit codes: 0 success, 1 failure, 2 wrong usage. SIGINT and SIGTERM end every command cleanly and count as success; a second
// one ends it at once.
//
// A data directory belongs to one process at a time. Commands that write into it hold its lock, a file that is locked by the
// operating system and therefore free again when the process is gone, however it ended.
//
// Standard output carries results (the address, the report); everything else goes to standard error. Sentences are in
// messages/, in the language of the environment.
package command
