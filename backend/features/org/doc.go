// Package org is the directory and what the managing department does with it: who works here, in which department, on what
// (R3, R5, R6, R7, R28), whom to ask (R29), roles and departments (R25, R26, R27), accounts asked for and reviewed (R8), changes
// of one's own profile (R19), people's look at their own permissions (R22), freezing (R16) and leaving (R20, R21); and the name
// of the team.
//
// Vocabulary: a profile is what people see of a member: real name, 工号 (staff number), department, position, kind. The
// managing department are owners and admins. An officer is head or admin of a department. A placement puts a person into a
// department; until there is one, the directory shows what the person's profile says. A request asks the managing department
// for something, the officers of the author's department first. A case is why somebody's access was taken or given back; a
// leaving is a case with steps, each done or open.
//
// What decides about access stands in the control log and is judged by package authority: roles, departments and their order,
// placements, freezing and removal. Ops of this room, all in the company scope, hold the words:
//
//	org.profile/1           the whole profile of one user; by the user or the managing department
//	org.department/2        the name of a department; by the managing department
//	org.team/1              the name of the team; by the managing department
//	org.duty/1              what to ask a person or department about; by the managing department and officers
//	org.picture/1           the photograph of one user, cited; by the user, taken away also by the managing department
//	org.permissions_seen/1  the author looked through their permissions
//	org.request/1           asks for an account, or for a change of one's own profile
//	org.review/1            a step of a review; by officers of the subject's department, then by the managing department
//	org.withdraw/1          takes back an own request
//	org.case/1              why somebody was frozen, unfrozen or let go; by the managing department, officers, or who leaves
//	org.step/1              a step of a leaving
//
// Permission is decided by Kind.Authorize on the op alone (policy.go), for local and remote ops alike. Three things depend on
// house rules, which Authorize cannot see, and are decided where rows are read, on every replica alike: what of an own profile
// counts (entry.take: while changes are reviewed, the first version, and after it only phone and mail), whether who asked for
// an account may approve it (filed.settle), and whether photographs are shown (book.photograph, R4).
//
// Invariants: a profile that names a department which ended shows none; pinyin is computed when a profile is projected, never
// when it is searched; nobody is ever missing from the directory for lack of a profile: members come from the control log, and
// one whose profile has not arrived yet is shown by a short code. A request's review and its effect are one transaction of the
// managing department's own ops, so that no approval by anybody else has an effect.
//
// A photograph is content of its own (module.Blobs), square, at most 64 KiB, drawn anew before it is shared, so that the file's
// notes about place and camera stay behind; it is not reviewed (R19). Until it has arrived the initials are shown.
//
// Known limits: requests and the words on cases are in the company scope, so a modified program of any member can read them.
// A group is handed over only from a device whose person may do so in that group; others remain open.
package org
