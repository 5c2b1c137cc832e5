// Package org is the directory: who works here, in which department, on what (R3, R5, R6, R7, R25, R28), and the name of the
// team.
//
// Vocabulary: a profile is what people see of a member: real name, 工号 (staff number), department, position, kind. The
// department tree is one entity: everybody's changes fold in one order, a move that would make a cycle is skipped.
//
// Ops, all in the company scope:
//
//	org.profile/1     the whole profile of one user; by the user or by owner and admin; the last one counts
//	org.department/1  create, rename, move or remove a department; by owner and admin
//	org.team/1        the name of the team; by owner and admin
//
// Invariants: permission is decided by Kind.Authorize on the op alone (policy.go), for local and remote ops alike; a profile
// that names a department which was removed shows none; pinyin is computed when a profile is projected, never when it is
// searched; nobody is ever missing from the directory for lack of a profile:
// members come from the control log, and one whose profile has not arrived yet is shown by a short code.
package org
