package store

import "strings"

// schema makes the tables. {blob}, {int}, {serial} and {strict} are a dialect's words; every other word is both dialects'.
const schema = `
CREATE TABLE IF NOT EXISTS meta (          -- facts about this database
  key   TEXT PRIMARY KEY,
  value {blob} NOT NULL
){strict};
CREATE TABLE IF NOT EXISTS token (         -- lets one team in
  hash    {blob} PRIMARY KEY,
  expires {int} NOT NULL                  -- ms since 1970
){strict};
CREATE TABLE IF NOT EXISTS team (
  no     {serial},
  tag    {blob} NOT NULL UNIQUE,
  since  {int} NOT NULL,                  -- ms since 1970
  lseq   {int} NOT NULL DEFAULT 0,
  rev    {int} NOT NULL DEFAULT 0,
  bytes  {int} NOT NULL DEFAULT 0,
  gen    {int} NOT NULL DEFAULT 0,        -- of the roster; 0: none yet
  post   {int} NOT NULL DEFAULT 0,
  hash   {blob} NOT NULL,
  roster {blob} NOT NULL                   -- as signed
){strict};
CREATE TABLE IF NOT EXISTS device (
  team     {int} NOT NULL,
  id       {blob} NOT NULL,
  sign     {blob} NOT NULL,
  peer     {blob} NOT NULL,
  standing {int} NOT NULL,                -- Standing
  until    {int} NOT NULL,                -- of a vouch, ms since 1970
  seen     {int} NOT NULL DEFAULT 0,
  follows  {int} NOT NULL DEFAULT 0,      -- the arrival number it has stored
  PRIMARY KEY (team, id)
){strict};
CREATE INDEX IF NOT EXISTS device_peer ON device (peer);
CREATE TABLE IF NOT EXISTS cap (           -- heads and superseded ones
  team {int} NOT NULL,
  tag  {blob} NOT NULL,
  pub  {blob} NOT NULL,
  ref  {blob} NOT NULL,
  head {int} NOT NULL,
  PRIMARY KEY (team, tag, pub)
){strict};
CREATE TABLE IF NOT EXISTS cap_by (        -- who proved a cap
  team   {int} NOT NULL,
  tag    {blob} NOT NULL,
  pub    {blob} NOT NULL,
  device {blob} NOT NULL,
  first  {int} NOT NULL,                  -- 1: it registered it
  PRIMARY KEY (team, tag, pub, device)
){strict};
CREATE TABLE IF NOT EXISTS shown (         -- since which arrival number a device reads a scope
  team   {int} NOT NULL,
  device {blob} NOT NULL,
  tag    {blob} NOT NULL,
  lseq   {int} NOT NULL,
  PRIMARY KEY (team, device, tag)
){strict};
CREATE TABLE IF NOT EXISTS feed (
  no      {serial},
  team    {int} NOT NULL,
  tag     {blob} NOT NULL,
  device  {blob} NOT NULL,
  inc     {int} NOT NULL,
  first   {int} NOT NULL,
  len     {int} NOT NULL,
  head    {blob} NOT NULL,
  lseq    {int} NOT NULL,
  content {int} NOT NULL,
  UNIQUE (team, tag, device, inc)
){strict};
CREATE INDEX IF NOT EXISTS feed_lseq ON feed (team, lseq);
CREATE TABLE IF NOT EXISTS op (            -- ops that arrived together, up to a few: see runs.go
  id   {int} PRIMARY KEY,                 -- feed << 40 | seq of the first
  lseq {int} NOT NULL,
  at   {int} NOT NULL,                    -- ms since 1970
  kind {int} NOT NULL,
  data {blob} NOT NULL                     -- header, signature, ciphertext of each
){strict};
CREATE TABLE IF NOT EXISTS epoch_op (      -- where a scope's keys are announced
  team {int} NOT NULL,
  tag  {blob} NOT NULL,
  lseq {int} NOT NULL,
  op   {int} NOT NULL,
  PRIMARY KEY (team, tag, lseq, op)
){strict};
CREATE TABLE IF NOT EXISTS register (
  team    {int} NOT NULL,
  tag     {blob} NOT NULL,
  device  {blob} NOT NULL,
  key     TEXT NOT NULL,
  version {int} NOT NULL,
  lseq    {int} NOT NULL,
  data    {blob} NOT NULL,                 -- as signed
  PRIMARY KEY (team, tag, device, key)
){strict};
CREATE INDEX IF NOT EXISTS register_lseq ON register (team, lseq);
CREATE TABLE IF NOT EXISTS box (           -- mailboxes
  team    {int} NOT NULL,
  id      {blob} NOT NULL,
  expires {int} NOT NULL,
  next    {int} NOT NULL,                 -- number of the next mail
  bytes   {int} NOT NULL,
  PRIMARY KEY (team, id)
){strict};
CREATE TABLE IF NOT EXISTS mail (
  team    {int} NOT NULL,
  box     {blob} NOT NULL,
  no      {int} NOT NULL,
  at      {int} NOT NULL,
  expires {int} NOT NULL,
  data    {blob} NOT NULL,
  PRIMARY KEY (team, box, no)
){strict};
CREATE TABLE IF NOT EXISTS chunk (         -- copies of chunks of larger content
  no      {serial},
  team    {int} NOT NULL,
  tag     {blob} NOT NULL,
  id      {blob} NOT NULL,                 -- what the readers of the scope call it
  sum     {blob} NOT NULL,                 -- SHA-256 of the ciphertext
  size    {int} NOT NULL,
  device  {blob} NOT NULL,                 -- that left it
  have    {int} NOT NULL,                 -- bytes that are here
  lseq    {int} NOT NULL,                 -- 0: it is not whole
  used    {int} NOT NULL,                 -- ms since 1970
  fetched {int} NOT NULL,                 -- 1: by another device
  UNIQUE (team, tag, id, sum, device)
){strict};
CREATE INDEX IF NOT EXISTS chunk_lseq ON chunk (team, lseq);
CREATE INDEX IF NOT EXISTS chunk_used ON chunk (team, used);
CREATE TABLE IF NOT EXISTS chunk_part (
  chunk {int} NOT NULL,
  start {int} NOT NULL,                   -- its first byte
  data  {blob} NOT NULL,
  PRIMARY KEY (chunk, start)
){strict};
CREATE TABLE IF NOT EXISTS mail_by (       -- which device left a mail
  team   {int} NOT NULL,
  box    {blob} NOT NULL,
  no     {int} NOT NULL,
  sender {blob} NOT NULL,
  PRIMARY KEY (team, box, no)
){strict};
`

// words are what differs between the dialects.
type words struct {
	blob, integer, serial, strict string
	// lock ends a SELECT of a team that is going to be changed.
	lock string
	// alone keeps other processes from making the tables at the same time; "" where a transaction does.
	alone string
}

// statements is the schema in a dialect, one statement each.
func (w words) statements() []string {
	text := strings.NewReplacer("{blob}", w.blob, "{int}", w.integer, "{serial}", w.serial, "{strict}", w.strict).Replace(schema)
	var out []string
	for s := range strings.SplitSeq(text, ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
