package authority_test

import (
	"sync"
	"testing"

	"tongzhou/sync/authority"
)

// A state may be read while the log goes on; with the race detector this shows that they share nothing that changes.
func TestStatesAreReadWhileTheLogGrows(t *testing.T) {
	all := officeOfYears(t, 400, 20)
	l := authority.NewLog(team, all.ops[0].ID)
	var wg sync.WaitGroup
	for i, o := range all.ops {
		l.Add(o)
		st := l.State()
		if i%20 > 0 {
			continue
		}
		wg.Go(func() {
			digest := st.Digest()
			for _, u := range st.Users() {
				st.Removal(u.ID)
				st.DeptOf(u.ID)
				for _, d := range u.Devices {
					st.Cut(chatTag, d.ID, 1)
				}
			}
			st.Frontier()
			st.Removals()
			if len(st.Entries()) != i+1 || st.PastOf(o.ID) == nil || st.Digest() != digest {
				t.Errorf("a state of %d ops changed", i+1)
			}
		})
	}
	wg.Wait()
}
