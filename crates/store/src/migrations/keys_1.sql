CREATE TABLE key_meta(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL);

CREATE TABLE tenant_key(
  tenant BIGINT NOT NULL, kind BIGINT NOT NULL, epoch BIGINT NOT NULL, wrapped BLOB NOT NULL,
  PRIMARY KEY(tenant, kind, epoch));

CREATE TABLE person_key(
  tenant BIGINT NOT NULL, person BIGINT NOT NULL, key_id BIGINT NOT NULL, created BIGINT NOT NULL,
  wrapped BLOB NOT NULL,
  PRIMARY KEY(tenant, person, key_id));

CREATE TABLE pair_key(
  tenant BIGINT NOT NULL, person BIGINT NOT NULL, category BIGINT NOT NULL, key_id BIGINT NOT NULL,
  public BLOB NOT NULL, wrapped BLOB NOT NULL,
  PRIMARY KEY(tenant, person, category, key_id));

CREATE TABLE erased(
  tenant BIGINT NOT NULL, person BIGINT NOT NULL, at BIGINT NOT NULL, proof BLOB NOT NULL,
  PRIMARY KEY(tenant, person));
