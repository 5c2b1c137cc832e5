-- What only this device knows about its chats.

CREATE TABLE chat_draft (       -- what was typed and not sent
  chat INTEGER PRIMARY KEY,     -- local number of the scope
  text TEXT NOT NULL
) STRICT;

CREATE TABLE chat_setting (
  chat   INTEGER PRIMARY KEY,
  opened INTEGER NOT NULL DEFAULT 0, -- 1: listed although nobody has written yet
  muted  INTEGER NOT NULL DEFAULT 0,
  pinned INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0  -- 1: marked as unread by hand
) STRICT;
