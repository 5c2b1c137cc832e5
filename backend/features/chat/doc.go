// Package chat is how people talk to each other: one to one and in groups, text and emoji (R32, R37), kept for good and found
// again (R57).
//
// Vocabulary: a chat is a private scope of kind group or direct; a position is a place in the order of a chat's messages; a
// read mark is the position up to which a person has read; delivery says who proved to hold a message. A tag is a search
// token that stands for a chat or a sender.
//
// Ops, in the scope of the chat:
//   - chat.message/1 creates a message; it never changes, and goes when it is past keeping by the house rule. Every member but guests (CanSend, R76).
//   - chat.group/1 sets name or purpose of a group, the later write wins per field. Owner and admins (CanManage, R74, R75).
//
// Register chat.read: one device's read mark. A person's mark is the furthest of their devices, so a mark never goes back;
// "mark as unread" is a note of this device only.
//
// Permission is decided where ops are applied: the policy functions run in the kinds' Authorize on every replica, and in the
// service first so that people get an answer at once. Membership of the scope is checked by the replica.
//
// Invariants:
//   - Messages are ordered by (hlc, device, incarnation, seq), which is the primary key: history is read in key order, both
//     ways, by position; nothing counts or skips rows.
//   - Storing a message is one row in chat_message and one in chat_index_queue, and nothing else.
//   - Own messages are never unread.
//   - Sending twice with one client id sends once.
//   - The search index is derived from chat_message off the write path. It may lag (and says by how much), it may hold what is
//     gone, but it never decides: every hit is checked against the message itself.
//   - Drafts, mutes and pins stay on this device.
//
// House rules: more equal messages in a row than chat.burst_same are refused (R45). That depends on what was written before, so
// it binds the writer's own program: others apply what they receive. When somebody leaves, the groups that they own go to an
// heir (R20), given by whoever owns the group too.
package chat
