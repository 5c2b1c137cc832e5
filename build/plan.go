package main

import "slices"

// plan is which steps have run, run and may run next.
type plan struct {
	outcomes []outcome // one for each step, in the order of the list
	begun    map[string]bool
	busy     map[lane]bool // only those in which a step runs
}

func newPlan(steps []step) *plan {
	p := &plan{begun: map[string]bool{}, busy: map[lane]bool{}}
	for _, s := range steps {
		p.outcomes = append(p.outcomes, outcome{step: s})
	}
	return p
}

// next is the first step that may begin, or that never can, because what it needs did not pass: that one has its state and
// note already. It counts as begun. Nil if none may begin now.
func (p *plan) next() *outcome {
	for i := range p.outcomes {
		o := &p.outcomes[i]
		if p.begun[o.step.name] || p.busy[o.step.lane] || p.waits(o.step) {
			continue
		}
		p.begun[o.step.name] = true
		for _, name := range o.step.needs {
			if before := p.find(name); before != nil && before.state != passed {
				o.state, o.note = blocked, "needs "+name
				if before.state == skipped {
					o.state = skipped
				}
				break
			}
		}
		return o
	}
	return nil
}

// waits tells whether something has yet to end before s. Names that are not in the list are waited for by nobody.
func (p *plan) waits(s step) bool {
	for _, name := range slices.Concat(s.needs, s.after) {
		if before := p.find(name); before != nil && before.state == "" {
			return true
		}
	}
	return false
}

func (p *plan) end(o outcome) {
	delete(p.busy, o.step.lane)
	*p.find(o.step.name) = o
}

// ended lists the outcomes of the steps that have ended or cannot run.
func (p *plan) ended() []outcome {
	return slices.DeleteFunc(slices.Clone(p.outcomes), func(o outcome) bool { return o.state == "" })
}

func (p *plan) find(name string) *outcome {
	i := slices.IndexFunc(p.outcomes, func(o outcome) bool { return o.step.name == name })
	if i < 0 {
		return nil
	}
	return &p.outcomes[i]
}
