package wire

// RelayMailOpen opens an invitation's mailbox for this connection, by a proof of its key. From a rostered device the proof is not
// looked at, and the box is made if it is not there. RelayMail without mails answers, or RelayRefused.
type RelayMailOpen struct {
	_     struct{} `cbor:",toarray"`
	Pub   [32]byte
	Proof [64]byte // over BoxProof
}

// RelayMailPut leaves mail in a box. RelayMailStored answers, or RelayRefused; mails are answered in their order.
type RelayMailPut struct {
	_    struct{} `cbor:",toarray"`
	Box  MailBox
	Body []byte
	TTL  uint32 // seconds
}

// RelayMailStored answers RelayMailPut once the mail is durably stored.
type RelayMailStored struct {
	_   struct{} `cbor:",toarray"`
	Box MailBox
	No  uint64
}

// RelayMailGet asks for the mail of a box with numbers above After. A rostered device may ask for that of every invitation.
type RelayMailGet struct {
	_     struct{} `cbor:",toarray"`
	Box   MailBox
	After uint64
}

// Mail is one item of a mailbox.
type Mail struct {
	_    struct{} `cbor:",toarray"`
	No   uint64   // rising in its box
	AtMS int64    // when the relay stored it
	Body []byte
}

// RelayMail answers RelayMailGet, and brings new mail to whoever has the box open.
type RelayMail struct {
	_     struct{} `cbor:",toarray"`
	Box   MailBox
	Mails []Mail
	More  bool
}

// RelayMailDrop deletes mail that was taken.
type RelayMailDrop struct {
	_   struct{} `cbor:",toarray"`
	Box MailBox
	Nos []uint64
}

func (*RelayMailOpen) wireType() Type   { return TRelayMailOpen }
func (*RelayMailPut) wireType() Type    { return TRelayMailPut }
func (*RelayMailStored) wireType() Type { return TRelayMailStored }
func (*RelayMailGet) wireType() Type    { return TRelayMailGet }
func (*RelayMail) wireType() Type       { return TRelayMail }
func (*RelayMailDrop) wireType() Type   { return TRelayMailDrop }
