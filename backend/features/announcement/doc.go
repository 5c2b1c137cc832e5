// Package announcement tells the whole company something and shows who has read it (R85, R88; the parts of R86 and R87 that
// need a reviewer come later).
//
// Vocabulary: an announcement is published once and never changes; a reader is a member who acknowledged it. The interface
// acknowledges when someone opens an announcement, or, where the publisher asks for confirmation, when they press 确认已读.
//
// Ops, all in the company's scope:
//   - announcement.publish/1 creates an announcement. Owners and admins (CanPublish).
//   - announcement.acknowledge/1 on an announcement: the author of the op has read it. Every member, for themselves.
//
// Permission is decided where ops are applied: the policy functions run in the kinds' Authorize on every replica, and in the
// service first so that people get an answer at once.
//
// Invariants:
//   - A reader is counted once, from their first acknowledgement.
//   - The author is never asked to acknowledge and is not part of the total; nor are people who left.
//   - An acknowledgement may arrive before what it acknowledges; both then fall into place.
package announcement
