CREATE TABLE store_meta(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL);

CREATE TABLE counter(name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL);

CREATE TABLE tenant(tenant BIGINT NOT NULL PRIMARY KEY, finess TEXT NOT NULL UNIQUE);

CREATE TABLE place(
  tenant BIGINT NOT NULL, place BIGINT NOT NULL, finess TEXT NOT NULL, profile TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, place));
CREATE UNIQUE INDEX place_finess ON place(tenant, finess);

CREATE TABLE resource(
  tenant BIGINT NOT NULL, rid BIGINT NOT NULL, type BIGINT NOT NULL, person BIGINT NOT NULL, place BIGINT NOT NULL,
  version BIGINT NOT NULL, created_seq BIGINT NOT NULL, updated BIGINT NOT NULL,
  level BIGINT NOT NULL, categories BIGINT NOT NULL, family BIGINT NOT NULL, mask BIGINT NOT NULL, seal BIGINT NOT NULL,
  author BIGINT NOT NULL, rules BIGINT NOT NULL, deleted BIGINT NOT NULL, moment BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, rid));
CREATE INDEX resource_label ON resource(
  tenant, person, deleted, moment, rid, type, place, level, categories, family, author, mask, created_seq);
CREATE INDEX resource_type ON resource(
  tenant, type, deleted, rid, person, place, level, categories, family, author, mask, created_seq, updated);

CREATE TABLE history(
  tenant BIGINT NOT NULL, rid BIGINT NOT NULL, version BIGINT NOT NULL, updated BIGINT NOT NULL,
  level BIGINT NOT NULL, categories BIGINT NOT NULL, family BIGINT NOT NULL, mask BIGINT NOT NULL, seal BIGINT NOT NULL,
  author BIGINT NOT NULL, rules BIGINT NOT NULL, deleted BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, rid, version));

CREATE TABLE also_person(
  tenant BIGINT NOT NULL, rid BIGINT NOT NULL, person BIGINT NOT NULL,
  PRIMARY KEY(tenant, rid, person)) CLUSTERED;
CREATE INDEX also_person_person ON also_person(tenant, person, rid);

CREATE TABLE exact_key(
  tenant BIGINT NOT NULL, param BIGINT NOT NULL, hash BIGINT NOT NULL, person BIGINT NOT NULL, rid BIGINT NOT NULL,
  PRIMARY KEY(tenant, param, hash, person, rid)) CLUSTERED;
CREATE INDEX exact_key_rid ON exact_key(tenant, rid);

CREATE TABLE lossy_key(
  tenant BIGINT NOT NULL, param BIGINT NOT NULL, hash BIGINT NOT NULL, person BIGINT NOT NULL, rid BIGINT NOT NULL,
  PRIMARY KEY(tenant, param, hash, person, rid)) CLUSTERED;
CREATE INDEX lossy_key_rid ON lossy_key(tenant, rid);

CREATE TABLE range_key(
  tenant BIGINT NOT NULL, param BIGINT NOT NULL, person BIGINT NOT NULL, lo BIGINT NOT NULL, hi BIGINT NOT NULL,
  rid BIGINT NOT NULL,
  PRIMARY KEY(tenant, param, person, lo, rid, hi)) CLUSTERED;
CREATE INDEX range_key_rid ON range_key(tenant, rid);

CREATE TABLE relation(
  tenant BIGINT NOT NULL, relation BIGINT NOT NULL, subject BIGINT NOT NULL, person BIGINT NOT NULL,
  place BIGINT NOT NULL, kind BIGINT NOT NULL, categories BIGINT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL,
  PRIMARY KEY(tenant, relation));
CREATE INDEX relation_subject ON relation(tenant, subject, person);
CREATE INDEX relation_person ON relation(tenant, person, subject);

CREATE TABLE post(
  tenant BIGINT NOT NULL, actor BIGINT NOT NULL, place BIGINT NOT NULL, unit BIGINT NOT NULL, persona TEXT NOT NULL,
  starts BIGINT NOT NULL, ends BIGINT NOT NULL,
  PRIMARY KEY(tenant, actor, place, unit, persona, starts));

CREATE TABLE masking(
  tenant BIGINT NOT NULL, masking BIGINT NOT NULL, person BIGINT NOT NULL, rid BIGINT NOT NULL,
  categories BIGINT NOT NULL, actor BIGINT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL,
  PRIMARY KEY(tenant, masking));
CREATE INDEX masking_person ON masking(tenant, person);

CREATE TABLE account(
  tenant BIGINT NOT NULL, actor BIGINT NOT NULL, login BIGINT NOT NULL, kind BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, actor));
CREATE UNIQUE INDEX account_login ON account(tenant, kind, login);

CREATE TABLE session(
  token BLOB NOT NULL PRIMARY KEY, tenant BIGINT NOT NULL, actor BIGINT NOT NULL, strength BIGINT NOT NULL,
  started BIGINT NOT NULL, seen BIGINT NOT NULL, stepped_up BIGINT NOT NULL, ends BIGINT NOT NULL);

CREATE TABLE import_key(
  tenant BIGINT NOT NULL, hash BIGINT NOT NULL, rid BIGINT NOT NULL, our_version BIGINT NOT NULL,
  content BLOB NOT NULL, source_version BLOB NOT NULL,
  PRIMARY KEY(tenant, hash));
CREATE INDEX import_key_rid ON import_key(tenant, rid);

CREATE TABLE pending_person(
  tenant BIGINT NOT NULL, hash BIGINT NOT NULL, person BIGINT NOT NULL,
  PRIMARY KEY(tenant, hash));

CREATE TABLE finding(
  tenant BIGINT NOT NULL, finding BIGINT IDENTITY, rid BIGINT NOT NULL, person BIGINT NOT NULL, kind BIGINT NOT NULL,
  at BIGINT NOT NULL, closed BIGINT NOT NULL, body BLOB NOT NULL);

CREATE TABLE safety(
  tenant BIGINT NOT NULL, person BIGINT NOT NULL, rid BIGINT NOT NULL, part BIGINT NOT NULL, kind BIGINT NOT NULL,
  ends BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, person, rid, part));

CREATE TABLE blob(
  tenant BIGINT NOT NULL, person BIGINT NOT NULL, address BLOB NOT NULL, chunk BIGINT NOT NULL, kind TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY(tenant, person, address, chunk));

CREATE TABLE outbox(
  tenant BIGINT NOT NULL, job BIGINT IDENTITY, kind TEXT NOT NULL, idempotency BLOB NOT NULL, due BIGINT NOT NULL,
  leased_until BIGINT NOT NULL, attempts BIGINT NOT NULL, deadline BIGINT NOT NULL, person BIGINT NOT NULL,
  body BLOB NOT NULL);
CREATE UNIQUE INDEX outbox_once ON outbox(tenant, kind, idempotency);
CREATE INDEX outbox_due ON outbox(due, leased_until);

CREATE TABLE entry_out(
  seq BIGINT IDENTITY, tenant BIGINT NOT NULL, entry BLOB NOT NULL UNIQUE, at BIGINT NOT NULL,
  commitment BLOB NOT NULL, salt BLOB, envelope BLOB);

CREATE TABLE entry_out_part(
  tenant BIGINT NOT NULL, entry BLOB NOT NULL, person BIGINT NOT NULL, body BLOB,
  PRIMARY KEY(tenant, entry, person));
CREATE INDEX entry_out_part_person ON entry_out_part(tenant, person);
