package org

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// Directory is what other rooms may ask of this one, through interfaces of their own.
type Directory struct{ s *service }

// nameOf is a member's name, or a short code while the profile has not arrived.
func nameOf(b *book, u op.UserID) string {
	if e, ok := b.profiles[u]; ok {
		return e.Name
	}
	return "#" + strings.ToUpper(u.String()[:4])
}

// code is what stands for a department whose name has not arrived.
func code(id []byte) string { return strings.ToUpper(hex.EncodeToString(id[:min(2, len(id))])) }

func avatarOf(u op.UserID) int { return int(u[0])%avatarColours + 1 }

// Names returns a lookup over one moment of the directory.
func (d *Directory) Names() func(user op.UserID) string {
	b, err := d.s.shelf.book(context.Background())
	if err != nil {
		b = &book{}
	}
	return func(u op.UserID) string { return nameOf(b, u) }
}

// DepartmentNames returns a lookup over one moment of the directory; "" for a department that is not known.
func (d *Directory) DepartmentNames() func(dept []byte) string {
	b, err := d.s.shelf.book(context.Background())
	if err != nil {
		return func([]byte) string { return "" }
	}
	return func(dept []byte) string { return b.tree.Name(crdt.NodeID(dept)) }
}

// Everybody are the names of everybody who ever was in the team, and of the departments.
func (d *Directory) Everybody() ([]module.NameOf, error) {
	b, err := d.s.shelf.book(context.Background())
	if err != nil {
		return nil, err
	}
	var out []module.NameOf
	for u, e := range b.profiles {
		out = append(out, module.NameOf{ID: u[:], Name: e.Name, StaffNo: e.StaffNo})
	}
	b.tree.Walk(func(n crdt.NodeID, _ int) { out = append(out, module.NameOf{ID: []byte(n), Name: b.tree.Name(n)}) })
	slices.SortFunc(out, func(a, b module.NameOf) int { return bytes.Compare(a.ID, b.ID) })
	return out, nil
}

// Avatar is the colour of somebody's tile, 1 to 8.
func (d *Directory) Avatar(u op.UserID) int {
	b, err := d.s.shelf.book(context.Background())
	if err != nil {
		return avatarOf(u)
	}
	return b.colour(u)
}

// TeamName is the team's name, "" until it has arrived.
func (d *Directory) TeamName() string {
	b, err := d.s.shelf.book(context.Background())
	if err != nil {
		return ""
	}
	return b.team
}

// CheckTeamName tidies and checks a name for a team.
func (d *Directory) CheckTeamName(name string) (string, error) {
	return checkTitle(name, "org.team", maxTeam)
}

// NameTeam names the team.
func (d *Directory) NameTeam(ctx context.Context, name string) error {
	return d.s.renameTeam(ctx, name)
}

// CheckProfile checks a profile before there is a team to write it in.
func (d *Directory) CheckProfile(in ProfileInput) error {
	p, err := in.Profile()
	if err != nil {
		return err
	}
	return p.Tidy().Validate()
}

// SaveOwnProfile writes this user's profile.
func (d *Directory) SaveOwnProfile(ctx context.Context, in ProfileInput) error {
	p, err := in.Profile()
	if err != nil {
		return err
	}
	return d.s.saveOwn(ctx, p)
}

// ConfirmProfiles makes what people wrote of themselves count as it is now, before changes begin to be reviewed: otherwise
// everybody would fall back to what was last reviewed.
func (d *Directory) ConfirmProfiles(ctx context.Context) error { return d.s.confirmProfiles(ctx) }
