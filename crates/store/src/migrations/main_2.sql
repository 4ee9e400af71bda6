CREATE TABLE unit(
  tenant BIGINT NOT NULL, unit BIGINT NOT NULL, place BIGINT NOT NULL, name BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, unit));
CREATE UNIQUE INDEX unit_name ON unit(tenant, place, name);

CREATE TABLE shift(
  tenant BIGINT NOT NULL, actor BIGINT NOT NULL, unit BIGINT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  PRIMARY KEY(tenant, actor, unit, starts, kind));
CREATE INDEX shift_unit ON shift(tenant, unit, starts);
