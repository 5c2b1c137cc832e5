-- Chats, folded from chat.message/1, chat.group/1 and the register chat.read.

CREATE TABLE chat_message (
  chat   INTEGER NOT NULL,      -- local number of the scope
  hlc    INTEGER NOT NULL,      -- with ref: the message's place in the chat
  ref    BLOB NOT NULL,         -- device, incarnation, seq of the op: 28 bytes
  user   INTEGER NOT NULL,      -- local number of the sender
  op     INTEGER NOT NULL,      -- local row of the op
  client INTEGER NOT NULL,      -- hash of the sender's client id, 0 for none
  text   TEXT NOT NULL,
  PRIMARY KEY (chat, hlc, ref)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_message_ref ON chat_message (ref);

CREATE TABLE chat_group (
  chat    INTEGER PRIMARY KEY,
  name    TEXT NOT NULL,
  purpose TEXT NOT NULL
) STRICT;

CREATE TABLE chat_read (        -- how far each device has read
  chat   INTEGER NOT NULL,
  user   INTEGER NOT NULL,
  device BLOB NOT NULL,
  hlc    INTEGER NOT NULL,
  ref    BLOB NOT NULL,
  PRIMARY KEY (chat, user, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_read_furthest ON chat_read (chat, user, hlc, ref);

-- Search. What follows is derived from chat_message by the indexer and not compared by verify.

CREATE TABLE chat_index_queue ( -- messages that came or went since they were last indexed, oldest first
  id   INTEGER PRIMARY KEY,
  chat INTEGER NOT NULL,
  hlc  INTEGER NOT NULL,
  ref  BLOB NOT NULL
) STRICT;

CREATE TABLE chat_search_doc (  -- which message a row of chat_search stands for
  id   INTEGER PRIMARY KEY,     -- rowid in chat_search; a later message has a greater one
  chat INTEGER NOT NULL,        -- 0: the message is gone; the row stays, because others may have made way for it
  hlc  INTEGER NOT NULL,
  ref  BLOB NOT NULL
) STRICT;

CREATE VIRTUAL TABLE chat_search USING fts5(
  body,                         -- the text in tokens: see tokens.go
  tags,                         -- c and the number of the chat, u and the number of the sender
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
-- Batches of 2,000 messages fill about 4 MB: write each as one segment, in pages of SQLite's size, and merge fewer times.
INSERT INTO chat_search (chat_search, rank) VALUES ('hashsize', 16777216);
INSERT INTO chat_search (chat_search, rank) VALUES ('pgsz', 4050);
INSERT INTO chat_search (chat_search, rank) VALUES ('automerge', 8);
