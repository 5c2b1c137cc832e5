// Package nettest runs real processes of the app on machines of its own making and treats them badly.
//
// Every machine is a network namespace with one TUN interface. The other end of all those interfaces is this process: it is
// the routers and the internet between them. So delay, loss, partitions and every kind of address translation are a few lines
// of Go, work for all protocols, need no module of the kernel and no rule of its packet filter, and nothing that a program
// sends can get out: a packet for an address that is none of the machines' ends here.
//
// Vocabulary:
//   - machine: one namespace; the processes in it see loopback and the interface tun0.
//   - router: stands between a machine and the internet, and translates addresses (NAT). Both kinds let in only answers: an open
//     one uses one outer port for everything that comes from an inner port (endpoint-independent mapping), a strict one a
//     new, random port for every destination (symmetric), which is what hole punching cannot get through.
//   - story: what is done with the machines, and what must hold then.
//
// It needs Linux, the right to make namespaces (root) and the program ip; where that is missing, Run says what.
package nettest
