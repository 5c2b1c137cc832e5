-- The directory, folded from org.profile/1, org.department/1 and org.team/1.

CREATE TABLE org_profile (
  user            BLOB PRIMARY KEY, -- user id
  name            TEXT NOT NULL,
  pinyin          TEXT NOT NULL,    -- of the name, as it is usually read: zhangsan
  readings        TEXT NOT NULL,    -- all ways to read it: syllables by spaces, alternatives by slashes
  staff_no        TEXT NOT NULL,
  department      BLOB,             -- node of the tree, which may not exist (any more); empty or NULL for none
  department_name TEXT NOT NULL,    -- as the person wrote it, where the tree had none of that name
  position        TEXT NOT NULL,
  phone           TEXT NOT NULL,
  email           TEXT NOT NULL,
  kind            TEXT NOT NULL     -- regular, probation, external
) STRICT, WITHOUT ROWID;

CREATE TABLE org_department_op ( -- every change of the tree, in the order that counts
  pos    INTEGER PRIMARY KEY,
  act    INTEGER NOT NULL,      -- crdt.Kind
  node   BLOB NOT NULL,
  parent BLOB,                  -- NULL or empty: the top
  name   TEXT NOT NULL
) STRICT;

CREATE TABLE org_team (
  one  INTEGER PRIMARY KEY,     -- always 1
  name TEXT NOT NULL
) STRICT;
