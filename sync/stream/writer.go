package stream

import (
	"fmt"
	"io"

	"tongzhou/sync/wire"
)

// idleBuffer is what a Writer keeps between packets: a thousand idle conversations do not each keep a packet's room.
const idleBuffer = 64 << 10

// Writer writes packets.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one message. The caller sets the deadline.
func (w *Writer) Write(m wire.Message) error {
	var err error
	if w.buf, err = wire.Encode(w.buf[:0], m); err != nil {
		return err
	}
	if _, err := w.w.Write(w.buf); err != nil {
		return fmt.Errorf("write to stream: %w", err)
	}
	return nil
}

// Rest gives a large buffer back. Called when nothing is left to write for now.
func (w *Writer) Rest() {
	if cap(w.buf) > idleBuffer {
		w.buf = nil
	}
}
