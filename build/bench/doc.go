// Command bench measures what the product promises, each figure beside a floor measured in the same run: the least that the
// machine must do for the same result (a bare SQLite commit, a bare round trip). Compare ratios; absolute times differ from
// machine to machine.
//
//	go run ./build bench [-only NAME,…] [-json FILE] [-rounds N] [-big N] [-cpuprofile DIR]
//	go run ./build bench -sim SEEDS [-first SEED] [-open SEED,…]
//
// Where a figure and its floor take a second or less they alternate in short rounds, and the ratio is the median of the rounds':
// a machine with other work slows both. The processor time of both stands in the note; it hardly depends on other work.
//
// Members run as processes of their own (this program again, see worker.go), with the app's own code for database, replica,
// features and network. Messages are about 200 bytes, half of them Chinese (text.go).
package main
