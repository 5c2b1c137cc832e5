package replica

import "tongzhou/sync/authority"

// tell says what a change of the control log may have changed for those who look at it.
func (p *projector) tell(old, now *world) {
	if old != nil && old.auth == now.auth {
		return
	}
	p.tx.Changed("org.changed", "") // departments, placements and names of devices are not part of the digest
	p.tx.Changed("audit.changed", "")
	if old == nil || old.auth.Digest() != now.auth.Digest() {
		p.tx.Changed("state", "")
	}
	if old == nil || !sameRules(old.auth, now.auth) {
		p.tx.Changed("rules.changed", "")
	}
}

// sameRules tells whether the same settings of house rules are in force.
func sameRules(a, b *authority.State) bool {
	keys := b.RuleKeys()
	if len(a.RuleKeys()) != len(keys) {
		return false
	}
	for _, key := range keys {
		x, _ := a.Rule(key)
		if y, _ := b.Rule(key); x.Op != y.Op {
			return false
		}
	}
	return true
}
