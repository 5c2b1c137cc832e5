package crdt

// MaxDepth bounds how deep below the root a node may be put, and with it the cost of one op.
const MaxDepth = 256

// NodeID names a node: the raw bytes of an entity id.
type NodeID string

// Root is the parent of the topmost nodes.
const Root NodeID = ""

// Kind says what a tree op does.
type Kind uint8

// The kinds of tree op.
const (
	Create Kind = iota + 1 // Node, Parent, Name
	Move                   // Node, Parent
	Rename                 // Node, Name
	Remove                 // Node
)

// Op is one change of a tree. Fields that its kind does not name are ignored.
type Op struct {
	Kind   Kind
	Node   NodeID
	Parent NodeID
	Name   string
}

// Tree is the state after some ops. The zero Tree holds only the root.
type Tree struct {
	nodes   map[NodeID]*node
	created []NodeID // in the order of creation
	applied int      // ops that had an effect, for node.placed
}

type node struct {
	parent  NodeID
	removed bool // moved aside; parent is where it was
	name    string
	placed  int // Tree.applied when the node came to its present parent and name
}

// Fold applies ops, which must be in the order of their stamps, to an empty tree.
func Fold(ops []Op) *Tree {
	t := &Tree{}
	for _, o := range ops {
		t.Apply(o)
	}
	return t
}

// Apply applies one op that comes after all ops applied so far. It returns false when the op is skipped: it names a node
// or parent that does not exist at this point, creates a node a second time, makes a cycle, lies too deep, or changes
// nothing.
func (t *Tree) Apply(o Op) bool {
	if o.Node == Root {
		return false
	}
	n := t.nodes[o.Node]
	if o.Kind == Create {
		return n == nil && t.create(o)
	}
	if n == nil {
		return false
	}
	switch o.Kind {
	case Move:
		if !n.removed && n.parent == o.Parent || !t.fits(o.Node, o.Parent) {
			return false
		}
		n.parent, n.removed = o.Parent, false
	case Rename:
		if n.name == o.Name {
			return false
		}
		n.name = o.Name
	case Remove:
		if n.removed {
			return false
		}
		n.removed = true
		return true
	default:
		return false
	}
	t.applied++
	n.placed = t.applied
	return true
}

func (t *Tree) create(o Op) bool {
	if !t.fits(o.Node, o.Parent) {
		return false
	}
	if t.nodes == nil {
		t.nodes = map[NodeID]*node{}
	}
	t.applied++
	t.nodes[o.Node] = &node{parent: o.Parent, name: o.Name, placed: t.applied}
	t.created = append(t.created, o.Node)
	return true
}

// fits reports whether node may be put below parent: parent exists, is not node or below it, and is not too deep. What
// hangs below a removed node still hangs together, so removal cannot hide a cycle.
func (t *Tree) fits(n, parent NodeID) bool {
	for range MaxDepth {
		if parent == Root {
			return true
		}
		p := t.nodes[parent]
		if p == nil || parent == n {
			return false
		}
		parent = p.parent
	}
	return false
}

// Has reports whether the node was created, removed or not.
func (t *Tree) Has(n NodeID) bool { return t.nodes[n] != nil }

// Parent returns the node's parent, and false for the root, an unknown node and one that is itself removed. It returns
// true for nodes below a removed one; see View.Has.
func (t *Tree) Parent(n NodeID) (NodeID, bool) {
	if x := t.nodes[n]; x != nil && !x.removed {
		return x.parent, true
	}
	return Root, false
}

// Parents returns the parent of every node that is not itself removed.
func (t *Tree) Parents() map[NodeID]NodeID {
	out := make(map[NodeID]NodeID, len(t.nodes))
	for id, n := range t.nodes {
		if !n.removed {
			out[id] = n.parent
		}
	}
	return out
}

// Name returns the name as it was written, "" for the root and unknown nodes.
func (t *Tree) Name(n NodeID) string {
	if x := t.nodes[n]; x != nil {
		return x.name
	}
	return ""
}
