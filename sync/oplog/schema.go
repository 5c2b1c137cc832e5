package oplog

// Schema makes the tables of the log. It is applied at every start; a change is a new numbered statement at the end.
const Schema = `
CREATE TABLE IF NOT EXISTS meta (          -- facts about this database
  key   TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS feed (
  no     INTEGER PRIMARY KEY,              -- local number, < 2^23
  tag    BLOB NOT NULL,                    -- scope tag
  device BLOB NOT NULL,
  inc    INTEGER NOT NULL,                 -- incarnation
  len    INTEGER NOT NULL,                 -- highest seq
  head   BLOB NOT NULL,                    -- op id of the last op
  hlc    INTEGER NOT NULL,                 -- greatest clock of an op that is not void
  lseq   INTEGER NOT NULL,                 -- arrival number of the last change
  forked INTEGER NOT NULL DEFAULT 0,       -- the earliest seq with two signed ops, which is never stored; 0: none
  UNIQUE (tag, device, inc)
) STRICT;

CREATE TABLE IF NOT EXISTS op (
  id     INTEGER PRIMARY KEY,              -- feed.no << 40 | seq
  status INTEGER NOT NULL,                 -- Status
  at     INTEGER NOT NULL,                 -- arrival, ms since 1970 by this machine's clock
  hlc    INTEGER NOT NULL,                 -- 0 while it cannot be read
  data   BLOB NOT NULL                     -- header, signature, ciphertext
) STRICT;

CREATE TABLE IF NOT EXISTS fork (          -- two signed ops for one seq: the proofs that froze a feed
  feed  INTEGER NOT NULL,
  seq   INTEGER NOT NULL,
  proof BLOB NOT NULL,                     -- header and signature of both
  PRIMARY KEY (feed, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS register (      -- latest value per scope, device and key
  tag     BLOB NOT NULL,
  device  BLOB NOT NULL,
  key     TEXT NOT NULL,
  version INTEGER NOT NULL,
  lseq    INTEGER NOT NULL,
  data    BLOB NOT NULL,                   -- as signed
  PRIMARY KEY (tag, device, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS register_lseq ON register (lseq);

CREATE TABLE IF NOT EXISTS scope (         -- local numbers of scopes; id is NULL until an epoch op tells it
  no   INTEGER PRIMARY KEY,
  tag  BLOB NOT NULL UNIQUE,
  id   BLOB UNIQUE
) STRICT;

CREATE TABLE IF NOT EXISTS user (          -- local numbers of users
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE IF NOT EXISTS epoch (         -- the keys this device holds
  tag    BLOB NOT NULL,
  ref    BLOB NOT NULL,
  gen    INTEGER NOT NULL,
  author BLOB NOT NULL,                    -- device that announced it
  parents BLOB NOT NULL,                   -- refs back to back
  key    BLOB NOT NULL,
  PRIMARY KEY (tag, ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS entity_op (     -- ops of entities that more than one op can touch, in their order
  scope  INTEGER NOT NULL,
  entity TEXT NOT NULL,
  eid    BLOB NOT NULL,
  hlc    INTEGER NOT NULL,
  tie    INTEGER NOT NULL,
  op     INTEGER NOT NULL,
  PRIMARY KEY (scope, entity, eid, hlc, tie, op)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS receipt (       -- how much of a feed another device has acknowledged as stored
  feed   INTEGER NOT NULL,
  device BLOB NOT NULL,
  len    INTEGER NOT NULL,
  PRIMARY KEY (feed, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS shared (        -- since which arrival number a device may read a scope
  tag    BLOB NOT NULL,
  device BLOB NOT NULL,
  lseq   INTEGER NOT NULL,
  PRIMARY KEY (tag, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS shared_device ON shared (device, lseq);

CREATE TABLE IF NOT EXISTS cursor (        -- how far this database has followed another one
  store  BLOB PRIMARY KEY,
  device BLOB NOT NULL,
  lseq   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS scope_control ( -- control ops of private scopes: few, and read whole at every start
  op INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE IF NOT EXISTS branch_op (     -- control ops of forked feeds from the fork on: no effect, but others cite them
  id     BLOB PRIMARY KEY,                 -- op id
  tag    BLOB NOT NULL,
  device BLOB NOT NULL,
  inc    INTEGER NOT NULL,
  data   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cut_due (       -- what this device still has to say about feeds of people who were removed
  removal BLOB NOT NULL,                   -- op id
  tag     BLOB NOT NULL,
  device  BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  seq     INTEGER NOT NULL,                -- how much of the feed was here when the removal became known
  head    BLOB NOT NULL,
  PRIMARY KEY (removal, tag, device, inc)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS announce (      -- the epochs that were announced, whether or not their key is here
  tag     BLOB NOT NULL,
  ref     BLOB NOT NULL,
  op      INTEGER NOT NULL,                -- the announcement; 0: it came ahead of its feed
  gen     INTEGER NOT NULL,
  author  BLOB NOT NULL,
  at      INTEGER NOT NULL,                -- its clock
  parents BLOB NOT NULL,                   -- refs back to back
  hash    BLOB NOT NULL,                   -- commitment to the key
  back    BLOB NOT NULL,                   -- the parents' keys under this one, back to back; empty: none
  log     INTEGER NOT NULL,                -- 1: for control ops only
  PRIMARY KEY (tag, ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS epoch_box (     -- who was given the key of an epoch, by whom it was announced included
  tag    BLOB NOT NULL,
  ref    BLOB NOT NULL,
  device BLOB NOT NULL,                    -- or the root of a person
  at     INTEGER NOT NULL,                 -- clock of the last op that gave it
  PRIMARY KEY (tag, ref, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS epoch_op (      -- where the announcements of keys are, to hand them to a newcomer first
  tag BLOB NOT NULL,
  op  INTEGER NOT NULL,
  PRIMARY KEY (tag, op)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS relay (         -- databases of blind relays that this device speaks with
  store  BLOB PRIMARY KEY,
  peer   BLOB NOT NULL,                    -- the relay's transport key
  cursor INTEGER NOT NULL,                 -- how far this database has followed it
  mail   INTEGER NOT NULL,                 -- relay_mail up to this number was left there
  unsure INTEGER NOT NULL,                 -- 1: it stored something that the cursor has not passed yet
  whole  INTEGER NOT NULL                  -- when it last listed everything, ms since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS relay_stored (  -- how much of a feed a relay has said it durably stores
  store BLOB NOT NULL,
  feed  INTEGER NOT NULL,
  len   INTEGER NOT NULL,
  PRIMARY KEY (store, feed)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS relay_scope (   -- the scopes that relay.cursor covers
  store     BLOB NOT NULL,
  tag       BLOB NOT NULL,
  registers INTEGER NOT NULL,              -- own registers up to this arrival number are there
  PRIMARY KEY (store, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS relay_mail (    -- keys for the mailboxes of devices that had none of the scope
  no     INTEGER PRIMARY KEY AUTOINCREMENT,
  device BLOB NOT NULL,
  op     INTEGER NOT NULL,
  at     INTEGER NOT NULL                  -- ms since 1970
) STRICT;

CREATE TABLE IF NOT EXISTS horizon (       -- what says which ops are past keeping
  id    BLOB PRIMARY KEY,                  -- op id
  tag   BLOB NOT NULL,
  lseq  INTEGER NOT NULL,                  -- arrival number
  at    INTEGER NOT NULL,                  -- when it became known here, ms since 1970
  ripe  INTEGER NOT NULL,                  -- 1: what it covers is being pruned, or was
  data  BLOB NOT NULL                      -- as signed
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS expiry (        -- feeds that horizons are still to be held against
  stage INTEGER NOT NULL,                  -- 0: withdraw what is covered; 1: prune it
  feed  INTEGER NOT NULL,
  next  INTEGER NOT NULL,                  -- the first seq that was not looked at
  PRIMARY KEY (stage, feed)
) STRICT, WITHOUT ROWID;

DROP INDEX IF EXISTS op_unsettled;         -- it held what is settled for good too
CREATE INDEX IF NOT EXISTS op_open ON op (id) WHERE status NOT IN (0, 5, 6);

CREATE TABLE IF NOT EXISTS ahead (         -- ops that are here ahead of those before them (L13)
  op INTEGER PRIMARY KEY
) STRICT;
`
