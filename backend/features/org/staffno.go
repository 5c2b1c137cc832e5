package org

import (
	"context"

	"tongzhou/sync/op"
)

// StaffNo is a member's 工号, "" until the profile has arrived.
func (d *Directory) StaffNo(u op.UserID) string {
	b, err := d.s.shelf.book(context.Background())
	if err != nil {
		return ""
	}
	return b.profiles[u].StaffNo
}
