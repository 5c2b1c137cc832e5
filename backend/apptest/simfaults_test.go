package apptest

import (
	"database/sql"
	"os"
	"path/filepath"
	"time"

	"tongzhou/sync/oplog"
	"tongzhou/sync/simnet"
)

// This file is what happens to machines and networks in a simulation.

// Faults beside those of package simnet.
const (
	faultRolledBack simnet.Kind = "rolled back" // a database is replaced by an older copy of itself
	faultCloned     simnet.Kind = "cloned"      // a second machine runs on a copy of a database
	faultBits       simnet.Kind = "bit flip"    // a stored op is altered
	faultNewDisk    simnet.Kind = "disk lost"   // a database is replaced by an empty one
)

// fault is something that happens to a node.
type fault struct {
	weight int
	do     func(w *world, n *node)
}

func faults() []fault {
	return []fault{
		{12, (*world).cut},
		{4, (*world).delay},
		{4, (*world).partition},
		{5, func(w *world, _ *node) { w.unite() }},
		{3, (*world).duplicate},
		{5, func(w *world, n *node) { w.stats.Add(simnet.FaultKilled); w.end(n, false) }},
		{10, func(w *world, n *node) { n.disk.Plan(1+w.src.IntN(6), simnet.FaultBefore) }},
		{10, func(w *world, n *node) { n.disk.Plan(1+w.src.IntN(6), simnet.FaultAfter) }},
		{4, func(w *world, n *node) { n.disk.SetFull(errNoRoom) }},
		{5, func(w *world, n *node) { n.disk.SetFull(nil) }},
		{5, (*world).skew},
		{9, (*world).snapshot},
		{9, (*world).rollBack},
		{2, (*world).clone},
		{2, (*world).flip},
		{1, (*world).loseDisk},
		{6, (*world).corrupt},
	}
}

// fault lets something happen to somebody.
func (w *world) fault() {
	up := w.alive()
	if len(up) == 0 {
		return
	}
	n, all := simnet.Pick(w.src, up), faults()
	weights := make([]int, len(all))
	for i := range all {
		weights[i] = all[i].weight
	}
	i := w.src.Weighted(weights...)
	w.trace.Add("%s: fault %d", n.Name, i)
	all[i].do(w, n)
}

func (w *world) cut(*node) {
	if len(w.talks) == 0 {
		return
	}
	silent := w.src.Chance(30)
	k := simnet.Pick(w.src, w.talks)
	if k.link.Gone() {
		return
	}
	k.link.Cut(silent)
	if silent {
		w.stats.Add(simnet.FaultSilence)
	} else {
		w.stats.Add(simnet.FaultCut)
	}
}

func (w *world) delay(n *node) {
	for _, k := range w.talks {
		if k.a == n || k.b == n {
			k.link.Hold(n.no, time.Now().Add(w.src.Between(50*time.Millisecond, 20*time.Second)))
		}
	}
}

func (w *world) partition(*node) {
	groups := map[simnet.NodeID]int{}
	for _, n := range w.nodes {
		groups[n.no] = w.src.IntN(2)
	}
	w.net.Split(groups)
	w.stats.Add(simnet.FaultPartition)
	if w.src.Chance(50) { // and the systems notice
		for _, k := range w.talks {
			if !w.net.Reaches(k.a.no, k.b.no) {
				k.link.Cut(false)
			}
		}
	}
}

func (w *world) unite() { w.net.Split(nil) }

func (w *world) duplicate(n *node) {
	var with []*node
	for _, o := range w.nodes {
		if w.mayDial(n, o) && len(w.talking(n, o)) == 1 {
			with = append(with, o)
		}
	}
	if len(with) > 0 {
		w.dial(n, simnet.Pick(w.src, with))
		w.stats.Add(simnet.FaultDuplicate)
	}
}

func (w *world) skew(n *node) {
	n.skew = simnet.Pick(w.src, []time.Duration{-time.Hour, -10 * time.Minute, 0, 0, 0, 8 * time.Minute, time.Hour})
	w.setClock(n)
	w.stats.Add(simnet.FaultSkew)
}

// snapshot copies a database for later.
func (w *world) snapshot(n *node) {
	dir, err := os.MkdirTemp(memoryDir(), "apptest-")
	if err != nil {
		w.fail("%v", err)
	}
	w.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := CopyDB(n.Dir, dir); err != nil {
		w.fail("%v", err)
	}
	n.copy, n.copyHurt = dir, n.hurt
}

// rollBack puts the database of a node back to its copy, as somebody does who restores a backup of the folder.
func (w *world) rollBack(n *node) {
	if n.copy == "" {
		return
	}
	w.end(n, false)
	n.Dir, n.copy, n.hurt = n.copy, "", n.copyHurt
	if w.src.Chance(25) {
		n.mark.n = 0 // was lost as well
	}
	w.stats.Add(faultRolledBack)
	w.start(n)
	w.writeOff(n)
}

// loseDisk replaces the database of a node by an empty one.
func (w *world) loseDisk(n *node) {
	if n.no == 0 || n.twin {
		return
	}
	w.end(n, false)
	w.replaceDisk(n)
	w.stats.Add(faultNewDisk)
}

func (w *world) replaceDisk(n *node) {
	n.newDir()
	n.hurt, n.copy = false, ""
	w.start(n)
	w.writeOff(n)
}

// clone starts a second machine on a copy of a node's database.
func (w *world) clone(n *node) {
	if len(w.nodes) >= maxNodes || n.hurt {
		return
	}
	m := newMember(w.t, n.Name+"'", n.ID, w.genesis)
	if err := CopyDB(n.Dir, m.Dir); err != nil {
		w.fail("%v", err)
	}
	x := w.node(m)
	x.twin, x.skew, x.mark.n = true, n.skew, n.mark.n
	w.setClock(x)
	w.start(x)
	w.stats.Add(faultCloned)
}

// flip alters one bit of an op where it is stored.
func (w *world) flip(n *node) {
	if n.hurt || n.no == 0 || n.Rows("op") == 0 {
		return
	}
	w.end(n, true)
	if err := w.flipStored(filepath.Join(n.Dir, "team.db")); err != nil {
		w.fail("%s: %v", n.Name, err)
	}
	n.hurt = true
	w.stats.Add(faultBits)
	if err := n.TryOpen(); err != nil {
		w.noticed(n)
		return
	}
	n.dead = false
	w.wait()
}

// flipStored alters one bit of one op in a database that nobody has open.
func (w *world) flipStored(path string) error {
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		return err
	}
	defer db.Close()
	var count int
	if err := db.QueryRow(`SELECT count(*) FROM op`).Scan(&count); err != nil {
		return err
	}
	var id int64
	var data []byte
	if err := db.QueryRow(`SELECT id, data FROM op ORDER BY id LIMIT 1 OFFSET ?`, w.src.IntN(count)).Scan(&id, &data); err != nil {
		return err
	}
	data[w.src.IntN(len(data))] ^= 1 << w.src.IntN(8)
	_, err = db.Exec(`UPDATE op SET data = ? WHERE id = ?`, data, id)
	return err
}

// noticed replaces the disk of a node whose damage showed.
func (w *world) noticed(n *node) {
	w.trace.Add("%s notices damage", n.Name)
	w.stats.Add("damage noticed")
	if !n.dead {
		w.end(n, false)
	}
	w.replaceDisk(n)
}

// writeOff notes who still holds what a node wrote whose database was lost.
func (w *world) writeOff(lost *node) {
	w.raise()
	lost.losses++
	for _, o := range w.ledger {
		if o.by != lost {
			continue
		}
		key := oplog.FeedKey{Tag: o.by.Tag(o.scope), Device: o.ref.Device, Incarnation: o.ref.Incarnation}
		o.left = map[*node]int{}
		for _, n := range w.nodes {
			if !n.hurt && n.R.Feeds().Feed(key).Len >= o.ref.Seq {
				o.left[n] = n.losses
			}
		}
	}
}

// raise starts every program that does not run.
func (w *world) raise() {
	for _, n := range w.nodes {
		if n.dead {
			w.start(n)
		}
	}
}
