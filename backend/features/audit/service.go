package audit

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
)

// Directory names people and departments. The app adapts the org feature to it.
type Directory interface {
	// Names returns a lookup over one moment of the directory, for one answer.
	Names() func(user op.UserID) string
	// DepartmentNames likewise; "" for one that is not known.
	DepartmentNames() func(dept []byte) string
	// Everybody are the names that an export states: of everybody who ever was in the team, and of the departments.
	Everybody() ([]module.NameOf, error)
}

// Save makes a file of the given name where people keep what they export, and returns it with its path.
type Save func(name string) (file io.WriteCloser, path string, err error)

// Trail lists what a feature did; see module.Module.
type Trail = func(ctx context.Context) ([]module.Trace, error)

type service struct {
	log       module.Log
	team      module.Team
	rules     rules.Rules
	db        module.DB
	now       func() time.Time
	directory Directory
	trails    func() []Trail
	save      Save
}

// visible returns the filter with what this user may see.
func (s *service) visible(f filter) (filter, error) {
	if err := s.log.Ready(); err != nil {
		return f, err
	}
	self := s.log.Self().User
	if CanSeeAll(s.log.View().Role(self)) {
		return f, nil
	}
	if f.user != (op.UserID{}) && f.user != self {
		return f, fault.New("denied")
	}
	f.user = self
	return f, nil
}

// canExport tells whether this user may export, by role and house rule.
func (s *service) canExport() bool {
	least, ok := access.ParseRole(s.rules.Text(rules.AuditRoles))
	return ok && CanExport(s.log.View().Role(s.log.Self().User), least)
}

// exported is a file that was written.
type exported struct {
	path    string
	entries int
	digest  [32]byte
}

// export writes the control log as a file, and the fact that it did into the log. Errors: fault "denied", "audit.save".
func (s *service) export(ctx context.Context) (exported, error) {
	if err := s.log.Ready(); err != nil {
		return exported{}, err
	}
	if !s.canExport() {
		return exported{}, fault.New("denied")
	}
	names, err := s.directory.Everybody()
	if err != nil {
		return exported{}, err
	}
	x := exported{entries: len(s.team.Entries())}
	if x.path, x.digest, err = s.write(ctx, names); err != nil {
		return exported{}, err
	}
	_, err = s.log.Submit(ctx, []module.Submission{{
		Scope: s.log.CompanyScope(), Type: typeExport, Payload: export{Digest: x.digest[:], Entries: int64(x.entries)},
	}}, nil)
	return x, err
}

func (s *service) write(ctx context.Context, names []module.NameOf) (path string, digest [32]byte, err error) {
	stamp := strings.NewReplacer(":", "", "-", "", "T", "-").Replace(s.now().UTC().Format("2006-01-02T15:04:05"))
	file, path, err := s.save("tongzhou-audit-" + stamp + ".tzaudit")
	if err != nil {
		return "", digest, fault.Wrap("audit.save", err)
	}
	digest, err = s.team.WriteEvidence(ctx, file, names)
	if e := file.Close(); err == nil && e != nil {
		err = fault.Wrap("audit.save", fmt.Errorf("close %s: %w", path, e))
	}
	return path, digest, err
}
