-- The directory, folded from the ops of this room. Which departments exist, who is in them and who heads them is in the
-- control log.

CREATE TABLE org_profile (       -- every version, in the order that counts; what of one's own counts depends on a house rule
  user            BLOB NOT NULL, -- user id
  pos             INTEGER NOT NULL,
  own             INTEGER NOT NULL, -- 1: written by the person
  name            TEXT NOT NULL,
  pinyin          TEXT NOT NULL,    -- of the name, as it is usually read: zhangsan
  readings        TEXT NOT NULL,    -- all ways to read it: syllables by spaces, alternatives by slashes
  staff_no        TEXT NOT NULL,
  department      BLOB,             -- which may not exist (any more); empty or NULL for none
  department_name TEXT NOT NULL,    -- as the person wrote it, where the tree had none of that name
  position        TEXT NOT NULL,
  phone           TEXT NOT NULL,
  email           TEXT NOT NULL,
  kind            TEXT NOT NULL,    -- regular, probation, external
  PRIMARY KEY (user, pos)
) STRICT, WITHOUT ROWID;

CREATE TABLE org_department (
  id    BLOB PRIMARY KEY,
  since INTEGER NOT NULL,           -- hlc of the first name: departments are shown in this order
  name  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE org_team (
  one  INTEGER PRIMARY KEY,         -- always 1
  name TEXT NOT NULL
) STRICT;

CREATE TABLE org_duty (
  entity BLOB PRIMARY KEY,          -- 'u' and a user id, or 'd' and a department
  text   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE org_seen (             -- who looked through their permissions, last
  user BLOB PRIMARY KEY,
  hlc  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE org_picture (          -- the photograph of a person, where there is one
  user    BLOB PRIMARY KEY,
  content BLOB NOT NULL             -- CBOR of its manifest
) STRICT, WITHOUT ROWID;

CREATE TABLE org_request (
  id        BLOB PRIMARY KEY,
  hlc       INTEGER NOT NULL,
  author    INTEGER NOT NULL,       -- local number of the user
  device    BLOB NOT NULL,
  payload   BLOB NOT NULL,          -- CBOR of org.request/1
  withdrawn INTEGER NOT NULL DEFAULT 0 -- hlc
) STRICT, WITHOUT ROWID;

CREATE TABLE org_review (           -- in the order that counts
  request BLOB NOT NULL,
  pos     INTEGER NOT NULL,
  hlc     INTEGER NOT NULL,
  author  INTEGER NOT NULL,
  device  BLOB NOT NULL,
  payload BLOB NOT NULL,            -- CBOR of org.review/1
  PRIMARY KEY (request, pos)
) STRICT, WITHOUT ROWID;

CREATE TABLE org_case (
  id      BLOB PRIMARY KEY,
  hlc     INTEGER NOT NULL,
  author  INTEGER NOT NULL,
  device  BLOB NOT NULL,
  subject BLOB NOT NULL,            -- user id
  payload BLOB NOT NULL             -- CBOR of org.case/1
) STRICT, WITHOUT ROWID;

CREATE TABLE org_step (             -- the last word on each step of a leaving
  leaving BLOB NOT NULL,
  key     TEXT NOT NULL,
  pos     INTEGER NOT NULL,         -- order of the first word
  hlc     INTEGER NOT NULL,
  author  INTEGER NOT NULL,
  device  BLOB NOT NULL,
  done    INTEGER NOT NULL,
  detail  TEXT NOT NULL,
  PRIMARY KEY (leaving, key)
) STRICT, WITHOUT ROWID;
