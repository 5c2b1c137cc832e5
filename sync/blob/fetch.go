package blob

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// FetchConfig is what a Fetcher works with. Everything is required.
type FetchConfig struct {
	Store *Store
	// Keys finds the keys of an epoch and the tag of its scope; false while they are not here.
	Keys func(scope op.ScopeID, ref op.EpochRef) (op.ScopeTag, keys.BlobKeys, bool)
	// Cited lists all content that ops cite and that is wanted here.
	Cited func(ctx context.Context) ([]Cited, error)
	// Mates are the devices of the team that are connected now.
	Mates func() []op.DeviceID
	// Dial opens a stream to one of them.
	Dial func(ctx context.Context, dev op.DeviceID) (Stream, error)
	// Arrived is called after content that was not here became complete.
	Arrived func()
	Log     *slog.Logger
	Now     func() time.Time
}

// leaveAfter is how long a chunk that another device made waits for that device to leave it at a depot, and half of it more, at
// random, so that not everybody leaves it at once.
const leaveAfter = 5 * time.Second

// Fetcher gets what ops cite and is not here, from whoever has it, and removes what nothing cites any more.
type Fetcher struct {
	cfg  FetchConfig
	look chan struct{}

	mu    sync.Mutex // guards what follows
	cited map[Key]wanted
	left  map[Key]bool // of those, what no mate gave
	told  map[*tender]bool
}

// NewFetcher makes a Fetcher. It does nothing before Run.
func NewFetcher(cfg FetchConfig) *Fetcher {
	return &Fetcher{cfg: cfg, look: make(chan struct{}, 1), told: map[*tender]bool{}}
}

// Look says that other content may be cited, or that somebody came. It returns at once.
func (f *Fetcher) Look() {
	select {
	case f.look <- struct{}{}:
	default:
	}
}

const (
	// again is how long it takes until mates are asked once more for what none of them had.
	again = time.Minute
	// settling lets the changes of one moment be seen together.
	settling = 100 * time.Millisecond
	// tidying is how often it is looked for what is not cited any more.
	tidying = 10 * time.Minute
)

// Run fetches until ctx ends.
func (f *Fetcher) Run(ctx context.Context) {
	for {
		wait := tidying
		if left, err := f.round(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			f.cfg.Log.Warn("fetch content", "err", err)
			wait = again
		} else if left > 0 {
			wait = again
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-f.look:
			timer.Reset(settling)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
		}
	}
}

// wanted is a chunk that is cited and not here.
type wanted struct {
	chunk Chunk
	keys  keys.BlobKeys
}

// round asks every mate once, and collects. It returns how many chunks are still wanted.
func (f *Fetcher) round(ctx context.Context) (left int, err error) {
	list, err := f.cfg.Cited(ctx)
	if err != nil {
		return 0, err
	}
	cited := map[Key]wanted{}
	want := map[op.ScopeTag]map[ID]wanted{}
	for i := range list {
		m := &list[i].Manifest
		tag, k, ok := f.cfg.Keys(list[i].Scope, m.Epoch)
		if !ok || m.Check() != nil {
			continue
		}
		for _, c := range m.Chunks {
			key := Key{tag, c.ID}
			if _, known := cited[key]; !known && !f.cfg.Store.Has(key) {
				if want[tag] == nil {
					want[tag] = map[ID]wanted{}
				}
				want[tag][c.ID] = wanted{c, k}
				left++
			}
			cited[key] = wanted{c, k}
		}
	}
	f.tell(cited, nil)
	if n, err := f.cfg.Store.Collect(cited, f.cfg.Now()); err != nil {
		return left, err
	} else if n > 0 {
		f.cfg.Log.Info("content that nothing cites was removed", "chunks", n)
	}
	before := left
	for _, dev := range f.cfg.Mates() {
		if left == 0 || ctx.Err() != nil {
			break
		}
		var got int
		got, err = f.from(ctx, dev, want)
		left -= got
		if errors.Is(err, ErrFull) {
			break
		}
		if err != nil && ctx.Err() == nil { // others may have it
			f.cfg.Log.Info("content did not come", "peer", dev.String(), "err", err)
		}
		err = nil
	}
	if left < before {
		f.cfg.Arrived()
	}
	missing := map[Key]bool{}
	for tag, chunks := range want {
		for id := range chunks {
			missing[Key{tag, id}] = true
		}
	}
	f.tell(cited, missing)
	return left, cmp.Or(err, ctx.Err())
}

// maxWrong is how many chunks that are not what their id says end a stream. A disk that fails is no lie.
const maxWrong = 4

// from fetches what a mate has of what is wanted, and returns how many chunks came.
func (f *Fetcher) from(ctx context.Context, dev op.DeviceID, want map[op.ScopeTag]map[ID]wanted) (got int, err error) {
	st, err := f.cfg.Dial(ctx, dev)
	if err != nil {
		return 0, err
	}
	defer context.AfterFunc(ctx, func() { _ = st.Reset() })()
	c := &client{st: st, in: bufio.NewReader(st)}
	defer func() {
		if err != nil {
			_ = st.Reset()
			return
		}
		err = st.Close()
	}()
	wrong := 0
	for tag, chunks := range want {
		for len(chunks) > 0 {
			asked, there, err := c.ask(tag, chunks)
			if err != nil {
				return got, err
			}
			came := 0
			for _, id := range there {
				sealed, err := c.get(tag, id, chunks[id].chunk.Len)
				if errors.Is(err, ErrMissing) {
					continue
				}
				if err != nil {
					return got, err
				}
				if _, err := open(chunks[id].keys, chunks[id].chunk, sealed); err != nil {
					if wrong++; wrong == maxWrong {
						return got, fmt.Errorf("wrong content again and again: %w", err)
					}
					f.cfg.Log.Warn("a mate has wrong content", "peer", dev.String(), "err", err)
					continue
				}
				if err := f.cfg.Store.put(Key{tag, id}, sealed, f.cfg.Now()); err != nil {
					return got, err
				}
				delete(chunks, id)
				came++
				got++
			}
			if came == 0 || asked < maxAsk {
				break
			}
		}
	}
	return got, nil
}

// client asks on one stream.
type client struct {
	st Stream
	in *bufio.Reader
}

// ask returns which of the chunks, of at most maxAsk of them, are there.
func (c *client) ask(tag op.ScopeTag, chunks map[ID]wanted) (asked int, there []ID, err error) {
	q := ask{Tag: tag}
	for id := range chunks {
		if q.IDs = append(q.IDs, id); len(q.IDs) == maxAsk {
			break
		}
	}
	kind, body, err := c.question(tAsk, q, maxQuestion)
	if err != nil {
		return 0, nil, err
	}
	if kind != tHolds {
		return 0, nil, fmt.Errorf("%w: answer of type %d", ErrMalformed, kind)
	}
	bits, err := parseHolds(body, len(q.IDs))
	if err != nil {
		return 0, nil, err
	}
	for i, is := range bits {
		if is {
			there = append(there, q.IDs[i])
		}
	}
	return len(q.IDs), there, nil
}

// get returns a chunk of a known length, ErrMissing if it is not there.
func (c *client) get(tag op.ScopeTag, id ID, length uint32) ([]byte, error) {
	kind, body, err := c.question(tGet, get{Tag: tag, ID: id}, int(length)+overhead)
	switch {
	case err != nil:
		return nil, err
	case kind == tAbsent:
		return nil, ErrMissing
	case kind != tChunk:
		return nil, fmt.Errorf("%w: answer of type %d", ErrMalformed, kind)
	}
	return body, nil
}

func (c *client) question(kind byte, q any, limit int) (byte, []byte, error) {
	if err := c.st.SetDeadline(time.Now().Add(patient)); err != nil {
		return 0, nil, err
	}
	if err := write(c.st, kind, q); err != nil {
		return 0, nil, err
	}
	return read(c.in, limit)
}
