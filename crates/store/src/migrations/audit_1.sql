CREATE TABLE entry(
  seq BIGINT IDENTITY, tenant BIGINT NOT NULL, entry BLOB NOT NULL UNIQUE, at BIGINT NOT NULL,
  commitment BLOB NOT NULL, salt BLOB, envelope BLOB);

CREATE TABLE entry_part(
  tenant BIGINT NOT NULL, entry BLOB NOT NULL, person BIGINT NOT NULL, body BLOB,
  PRIMARY KEY(tenant, entry, person));
CREATE INDEX entry_part_person ON entry_part(tenant, person);

CREATE TABLE leaf(
  tenant BIGINT NOT NULL, position BIGINT NOT NULL, entry BLOB NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY(tenant, position));
CREATE UNIQUE INDEX leaf_entry ON leaf(tenant, entry);

CREATE TABLE node(
  tenant BIGINT NOT NULL, height BIGINT NOT NULL, position BIGINT NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY(tenant, height, position));

CREATE TABLE tree_head(
  tenant BIGINT NOT NULL PRIMARY KEY, size BIGINT NOT NULL, epoch BIGINT NOT NULL,
  main_watermark BIGINT NOT NULL, audit_watermark BIGINT NOT NULL);

CREATE TABLE checkpoint(
  tenant BIGINT NOT NULL, epoch BIGINT NOT NULL, size BIGINT NOT NULL, at BIGINT NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY(tenant, epoch, size));

CREATE TABLE log_epoch(
  tenant BIGINT NOT NULL, epoch BIGINT NOT NULL, opened BIGINT NOT NULL, first_position BIGINT NOT NULL,
  reason TEXT NOT NULL, quoted TEXT NOT NULL,
  PRIMARY KEY(tenant, epoch));

CREATE TABLE gap(
  tenant BIGINT NOT NULL, gap BIGINT IDENTITY, starts BIGINT NOT NULL, ends BIGINT NOT NULL, reads BIGINT NOT NULL,
  note TEXT NOT NULL);
