// Package crdt holds the data types whose merge is more than "the later write wins": the total order of ops, and a tree
// that people rearrange at the same time.
//
// Vocabulary:
//   - stamp: what orders an op among all ops of a scope: (hlc, device, incarnation, seq). No two ops share one.
//   - tree: nodes with a parent and a name. The root is the empty NodeID and always exists.
//   - view: the tree as people see it: only what hangs below the root, siblings with distinct names.
//
// Invariants of the tree:
//   - It is a pure function of the ops in their order, so replicas with the same ops have the same tree.
//   - It never contains a cycle: a move that would put a node below itself is skipped, as in Kleppmann's move operation
//     (Kleppmann et al., "A highly-available move operation for replicated trees"). Of two moves that only together
//     make a cycle, the later is skipped and the node stays where it was.
//   - A node has one parent: it is never lost nor shown twice. Removal moves a node aside with everything below it; a
//     later move brings it back.
//   - Parent and name change independently: a rename and a concurrent move both take effect.
//   - Of siblings with one name the one that came to it first keeps it; the others get a number in the view only.
//
// It serves the departments of the organisation (R5, R25, R29). Callers sort: the tree does not read clocks.
package crdt
