// Package audit shows who did what, when, on which device (R14, R31, R139, R140), and exports it as a file that proves itself.
//
// Vocabulary: an entry is one act. Entries come from the team's control log, where every op is signed by a device, with the
// verdict of package authority, also those that were refused; and from what features report of their own ops (module.Trace).
// An export is the control log as a file (package evidence), which anybody can verify with `tongzhou verify --audit FILE`.
//
// Ops, in the company's scope:
//   - audit.export/1 says that its author exported the log, with the digest of the file: exports are traceable themselves.
//
// Permission: owners and admins see every entry, everybody else their own (R14: one answers for what was done under one's
// account; R31: least privilege). Every member's device holds the control log, so this is about what the program shows and
// not a secret. Export follows the house rule audit.export_roles, which the Authorize of audit.export/1 cannot read: it accepts
// any owner and admin, and the service asks the rule.
//
// Known limit: the member logs of groups are encrypted with the groups' keys and are not part of an export.
package audit
