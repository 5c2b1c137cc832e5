// Package simnet is what replicas run on in a simulation: a network, disks and clocks that fail as they do in life, one event at
// a time, in an order drawn from a seed.
//
// Vocabulary: a Source is where a run takes every choice from; a Trace is what happened, line by line, and its hash; Stats count
// what was done to the replicas, by kind. A Net has links between nodes; a link is one conversation, two Ends and a queue of
// packets in each direction. A packet is what one call of Write sent. A Disk stands between a replica and its database; a Clock
// is a node's wall clock. A step is one delivery, act, fault or stretch of time, after which everybody is waited for.
//
// Invariants:
//   - Nothing arrives by itself: a packet lies in its queue until the driver delivers it. Within a direction packets keep their
//     order, as in any ordered stream; between directions and links the driver decides.
//   - A packet arrives whole, altered by the direction's Tamper, or never. What a dead node sends vanishes.
//   - A write that a Disk lets die leaves either all of the transaction or nothing, and nothing is written after it until the
//     node is started again.
//   - Only the driver's goroutine uses a Source.
//
// What a run is a function of: its seed, as long as the driver waits between steps until nothing moves (synctest.Wait), lets
// those who wait for their turn go on one at a time (Net.Grant), draws everything from the Source, makes cryptographic randomness
// deterministic (testing/cryptotest), lets one goroutine run at a time (GOMAXPROCS), and no two nodes have timers at one instant.
// Then equal seeds give equal traces: the same packets, of the same bytes, in the same order. Not determined is how long anything
// takes on the machine. A relay and the couriers that call on it do not wait for turns: with them a seed gives one schedule of
// acts and faults, and the order of what is done within a step may differ.
//
// It serves R57: what was said is not lost, whatever networks, disks and clocks do.
package simnet
