-- Exports of the log, folded from audit.export/1. The log itself is not a table: it is the control ops.

CREATE TABLE audit_export (
  id      BLOB PRIMARY KEY, -- ref of the op
  hlc     INTEGER NOT NULL,
  author  INTEGER NOT NULL, -- local number of the user
  device  BLOB NOT NULL,
  digest  BLOB NOT NULL,    -- SHA-256 that the file's signature covers
  entries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
