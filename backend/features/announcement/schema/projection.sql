-- Announcements of the company, folded from announcement.publish/1 and announcement.acknowledge/1.

CREATE TABLE announcement_item (
  id       BLOB PRIMARY KEY,   -- coordinates of the publishing op, 28 bytes
  hlc      INTEGER NOT NULL,   -- when it was published
  author   INTEGER NOT NULL,   -- local number of the user
  title    TEXT NOT NULL,
  text     TEXT NOT NULL,
  need_ack INTEGER NOT NULL    -- 1: readers are asked to confirm
) STRICT, WITHOUT ROWID;
CREATE INDEX announcement_item_newest ON announcement_item (hlc, id);

CREATE TABLE announcement_reader (  -- may name an item that has not arrived yet
  item BLOB NOT NULL,
  user INTEGER NOT NULL,       -- local number of the user
  hlc  INTEGER NOT NULL,       -- of the first acknowledgement
  PRIMARY KEY (item, user)
) STRICT, WITHOUT ROWID;
