package replica

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// epochs holds what is known about the epochs of every scope: those that were announced, and the keys this device has, ready
// for use. An epoch in it never changes: what is learned replaces it.
type epochs struct {
	mu   sync.RWMutex
	byID map[op.ScopeTag]map[op.EpochRef]*epoch
	boot map[op.ScopeTag]op.BodyKey
	now  map[line]*chosen // what to write under, until something that decides about it changes
}

// line is one of the lines of epochs in a scope: that of everything, or where newcomers read content only from their joining
// on, one for content and one for control ops.
type line struct {
	tag op.ScopeTag
	log bool
}

// chosen is the epoch to write under in a line, as long as the scope stays as it is.
type chosen struct {
	sc    *scope
	epoch *epoch
	until int64 // ms since 1970
}

type epoch struct {
	ref     op.EpochRef
	gen     uint32
	author  op.DeviceID // who announced it, or while it is not announced, who sent the key
	parents []op.EpochRef
	// Of the announcement; announced is false while there is none here.
	announced bool
	place     int64    // the op that announced it; 0: it came ahead of its feed
	at        hlc.Time // its clock
	commit    keys.Digest
	back      [][]byte // the parents' keys under this one, or none
	log       bool
	// Of the key; nil while it is not here.
	key    op.BodyKey
	secret [32]byte
}

func (x *epoch) held() bool { return x.key != nil }

// public is the announcement as far as package keys looks at it.
func (x *epoch) public(scope op.ScopeID) keys.EpochNew {
	return keys.EpochNew{Scope: scope, Ref: x.ref, Gen: x.gen, Parents: x.parents, KeyCommit: x.commit, Back: x.back, Log: x.log}
}

// private is the epoch with its key, which must be held.
func (x *epoch) private(scope op.ScopeID) keys.Epoch {
	return keys.Epoch{Scope: scope, Ref: x.ref, Gen: x.gen, Key: x.secret, Parents: x.parents}
}

func newEpochs() *epochs {
	return &epochs{byID: map[op.ScopeTag]map[op.EpochRef]*epoch{}, boot: map[op.ScopeTag]op.BodyKey{}, now: map[line]*chosen{}}
}

// all lists the known epochs of a scope, lower generations first.
func (e *epochs) all(tag op.ScopeTag) []*epoch {
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := make([]*epoch, 0, len(e.byID[tag]))
	for _, x := range e.byID[tag] {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b *epoch) int {
		if a.outranks(b) {
			return 1
		}
		return -1
	})
	return out
}

// outranks is the order in which all members choose the epoch to write under (SPEC K3).
func (x *epoch) outranks(o *epoch) bool {
	if x.gen != o.gen {
		return x.gen > o.gen
	}
	return string(x.ref[:]) < string(o.ref[:])
}

func (e *epochs) get(tag op.ScopeTag, ref op.EpochRef) *epoch {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.byID[tag][ref]
}

// isParent tells whether an announced epoch of the scope follows this one.
func (e *epochs) isParent(tag op.ScopeTag, ref op.EpochRef) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, x := range e.byID[tag] {
		if x.announced && slices.Contains(x.parents, ref) {
			return true
		}
	}
	return false
}

// key is nil if the key is not here.
func (e *epochs) key(tag op.ScopeTag, ref op.EpochRef) op.BodyKey {
	if x := e.get(tag, ref); x != nil {
		return x.key
	}
	return nil
}

// put replaces what is known about an epoch.
func (e *epochs) put(tag op.ScopeTag, x *epoch) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byID[tag] == nil {
		e.byID[tag] = map[op.EpochRef]*epoch{}
	}
	e.byID[tag][x.ref] = x
	e.reconsider(tag)
}

// reconsider forgets what to write under in a scope. The caller holds mu.
func (e *epochs) reconsider(tag op.ScopeTag) {
	delete(e.now, line{tag, false})
	delete(e.now, line{tag, true})
}

// boxed notes that somebody was given the key of an epoch of the scope.
func (e *epochs) boxed(tag op.ScopeTag) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reconsider(tag)
}

// known is what is already known about an epoch, to add to; a new one otherwise.
func (e *epochs) known(tag op.ScopeTag, ref op.EpochRef) *epoch {
	if x := e.get(tag, ref); x != nil {
		c := *x
		return &c
	}
	return &epoch{ref: ref}
}

func (x *epoch) unlock(secret [32]byte) error {
	k := keys.Epoch{Ref: x.ref, Gen: x.gen, Key: secret}
	key, err := k.BodyKey()
	if err != nil {
		return fmt.Errorf("derive body key: %w", err)
	}
	x.secret, x.key = secret, key
	return nil
}

func (e *epochs) bootstrap(id *keys.Identity, tag op.ScopeTag) op.BodyKey {
	e.mu.RLock()
	k := e.boot[tag]
	e.mu.RUnlock()
	if k != nil {
		return k
	}
	k, err := id.TeamSecret.BootstrapKey(tag)
	if err != nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.boot[tag] = k
	return k
}

// load reads everything again from the database.
func (e *epochs) load(q oplog.Querier) error {
	all := map[op.ScopeTag]map[op.EpochRef]*epoch{}
	at := func(tag, ref []byte) (*epoch, error) {
		if len(tag) != 16 || len(ref) != 8 {
			return nil, errors.New("read epoch: malformed row")
		}
		m := all[op.ScopeTag(tag)]
		if m == nil {
			m = map[op.EpochRef]*epoch{}
			all[op.ScopeTag(tag)] = m
		}
		x := m[op.EpochRef(ref)]
		if x == nil {
			x = &epoch{ref: op.EpochRef(ref)}
			m[x.ref] = x
		}
		return x, nil
	}
	if err := loadKeys(q, at); err != nil {
		return err
	}
	if err := loadAnnouncements(q, at); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.byID = all
	clear(e.now)
	return nil
}

func loadKeys(q oplog.Querier, at func(tag, ref []byte) (*epoch, error)) error {
	rows, err := q.Query(`SELECT tag, ref, gen, author, parents, key FROM epoch`)
	if err != nil {
		return fmt.Errorf("read epochs: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var gen uint32
		var tag, ref, author, parents, key []byte
		if err := rows.Scan(&tag, &ref, &gen, &author, &parents, &key); err != nil {
			return fmt.Errorf("read epoch: %w", err)
		}
		x, err := at(tag, ref)
		if err != nil || len(author) != 16 || len(key) != 32 {
			return errors.Join(errors.New("read epoch: malformed row"), err)
		}
		x.gen, x.author, x.parents = gen, op.DeviceID(author), splitRefs(parents)
		if err := x.unlock([32]byte(key)); err != nil {
			return err
		}
	}
	return rows.Err()
}

func loadAnnouncements(q oplog.Querier, at func(tag, ref []byte) (*epoch, error)) error {
	rows, err := q.Query(`SELECT tag, ref, op, gen, author, at, parents, hash, back, log FROM announce`)
	if err != nil {
		return fmt.Errorf("read announcements: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a epoch
		var tag, ref, author, parents, commit, back []byte
		if err := rows.Scan(&tag, &ref, &a.place, &a.gen, &author, &a.at, &parents, &commit, &back, &a.log); err != nil {
			return fmt.Errorf("read announcement: %w", err)
		}
		x, err := at(tag, ref)
		if err != nil || len(author) != 16 || len(commit) != 32 {
			return errors.Join(errors.New("read announcement: malformed row"), err)
		}
		x.announced, x.place, x.gen, x.author, x.at, x.log = true, a.place, a.gen, op.DeviceID(author), a.at, a.log
		x.parents, x.commit = splitRefs(parents), keys.Digest(commit)
		if n := len(x.parents); n > 0 && len(back) > 0 {
			x.back = slices.Collect(slices.Chunk(back, len(back)/n))
		}
	}
	return rows.Err()
}

func splitRefs(b []byte) []op.EpochRef {
	var out []op.EpochRef
	for ; len(b) >= 8; b = b[8:] {
		out = append(out, op.EpochRef(b[:8]))
	}
	return out
}

func joinRefs(refs []op.EpochRef) []byte {
	out := make([]byte, 0, 8*len(refs))
	for i := range refs {
		out = append(out, refs[i][:]...)
	}
	return out
}

// holdsKey tells whether a key of the scope is here.
func (r *Replica) holdsKey(tag op.ScopeTag) bool {
	r.epochs.mu.RLock()
	defer r.epochs.mu.RUnlock()
	for _, x := range r.epochs.byID[tag] {
		if x.held() {
			return true
		}
	}
	return false
}
