package wire

// newRelay makes an empty message of a type; nil for types that are not the relay's.
func newRelay(t Type) Message {
	switch t {
	case TRelayHello:
		return &RelayHello{}
	case TRelayWelcome:
		return &RelayWelcome{}
	case TRelayRoster:
		return &RelayRoster{}
	case TRelayAskRoster:
		return &RelayAskRoster{}
	case TRelayRosterIs:
		return &RelayRosterIs{}
	case TRelayRefused:
		return &RelayRefused{}
	case TRelayVouch:
		return &RelayVouch{}
	case TRelayCaps:
		return &RelayCaps{}
	case TRelayScopes:
		return &RelayScopes{}
	case TRelayAskEpochs:
		return &RelayAskEpochs{}
	case TRelayEpochs:
		return &RelayEpochs{}
	case TRelayFeedsRefused:
		return &RelayFeedsRefused{}
	case TRelayRegistersStored:
		return &RelayRegistersStored{}
	case TRelayCursor:
		return &RelayCursor{}
	case TRelayGone:
		return &RelayGone{}
	case TRelayMailOpen:
		return &RelayMailOpen{}
	case TRelayMailPut:
		return &RelayMailPut{}
	case TRelayMailStored:
		return &RelayMailStored{}
	case TRelayMailGet:
		return &RelayMailGet{}
	case TRelayMail:
		return &RelayMail{}
	case TRelayMailDrop:
		return &RelayMailDrop{}
	case TRelayBlobHas:
		return &RelayBlobHas{}
	case TRelayBlobHeld:
		return &RelayBlobHeld{}
	case TRelayBlobPut:
		return &RelayBlobPut{}
	case TRelayBlobStored:
		return &RelayBlobStored{}
	case TRelayBlobGet:
		return &RelayBlobGet{}
	case TRelayBlobPart:
		return &RelayBlobPart{}
	}
	return nil
}

// checkRelay tells whether a message of the relay's keeps its bounds; others do.
func checkRelay(m Message) bool {
	switch m := m.(type) {
	case *RelayHello:
		return m.Version >= 1 && len(m.Token) <= MaxRelayToken && len(m.App) <= maxRelayAppBytes
	case *RelayWelcome:
		return m.Version >= 1 && m.LSeq >= 0 && m.State >= RelayOK && m.State <= lastRelayState
	case *RelayRosterIs:
		return m.State >= RelayOK && m.State <= lastRelayState
	case *RelayRefused:
		return m.Code >= RelayBadState && m.Code <= lastRelayCode && len(m.Text) <= maxRefusalText
	case *RelayVouch:
		return m.Device.check() == nil
	case *RelayCaps:
		return boundedCaps(m.Caps)
	case *RelayScopes:
		ok := len(m.Scopes) <= MaxRelayTags
		for i := range m.Scopes {
			ok = ok && m.Scopes[i].State >= ScopeFull && m.Scopes[i].State <= lastScope
		}
		return ok
	case *RelayAskEpochs:
		return m.After >= 0
	case *RelayEpochs:
		return m.UpTo >= 0
	case *RelayFeedsRefused:
		ok := len(m.Feeds) <= MaxRefusedFeeds
		for i := range m.Feeds {
			ok = ok && m.Feeds[i].Code >= RelayBadState && m.Feeds[i].Code <= lastRelayCode
		}
		return ok
	case *RelayCursor:
		return m.LSeq >= 0
	case *RelayMailPut:
		return len(m.Body) >= 1 && len(m.Body) <= MaxMailBody && m.TTL >= 1 && m.TTL <= maxMailTTL
	case *RelayMail:
		return boundedMails(m.Mails)
	case *RelayMailDrop:
		return len(m.Nos) <= MaxMails
	}
	return checkRelayBlob(m)
}

func boundedCaps(caps []RelayCap) bool {
	ok := len(caps) <= MaxRelayCaps
	for i := range caps {
		ok = ok && len(caps[i].Parents) <= MaxRelayParents
	}
	return ok
}

func boundedMails(mails []Mail) bool {
	ok := len(mails) <= MaxMails
	for i := range mails {
		ok = ok && len(mails[i].Body) <= MaxMailBody
	}
	return ok
}

// TypeOf tells the type of a message.
func TypeOf(m Message) Type { return m.wireType() }
