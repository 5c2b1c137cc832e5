package stream

import "sync"

// Bell wakes one goroutine, which then looks at everything there is. Make it with NewBell.
type Bell chan struct{}

// NewBell makes a bell that nobody has rung.
func NewBell() Bell { return make(Bell, 1) }

// Ring never waits; rung twice before it is heard is rung once.
func (b Bell) Ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// Box gathers what other goroutines have to say for one that takes all of it at once.
type Box[T any] struct {
	mu   sync.Mutex
	held T
	bell Bell
}

// NewBox makes an empty box.
func NewBox[T any]() *Box[T] { return &Box[T]{bell: NewBell()} }

// Put changes what the box holds, and rings. It waits for nothing but other calls of Put and Take.
func (b *Box[T]) Put(change func(*T)) {
	b.mu.Lock()
	change(&b.held)
	b.mu.Unlock()
	b.bell.Ring()
}

// Take empties the box.
func (b *Box[T]) Take() T {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := b.held
	b.held = *new(T)
	return held
}

// Bell rings when there may be something to take.
func (b *Box[T]) Bell() <-chan struct{} { return b.bell }
