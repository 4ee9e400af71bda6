ALTER TABLE exact_key RENAME TO exact_key_1;
ALTER TABLE lossy_key RENAME TO lossy_key_1;
ALTER TABLE range_key RENAME TO range_key_1;

CREATE TABLE exact_key(
  tenant BIGINT NOT NULL, param BIGINT NOT NULL, hash BIGINT NOT NULL, rid BIGINT NOT NULL,
  PRIMARY KEY(tenant, param, hash, rid)) CLUSTERED;

CREATE TABLE lossy_key(
  tenant BIGINT NOT NULL, param BIGINT NOT NULL, hash BIGINT NOT NULL, rid BIGINT NOT NULL,
  PRIMARY KEY(tenant, param, hash, rid)) CLUSTERED;

CREATE TABLE range_key(
  tenant BIGINT NOT NULL, param BIGINT NOT NULL, rid BIGINT NOT NULL, lo BIGINT NOT NULL, hi BIGINT NOT NULL,
  PRIMARY KEY(tenant, param, rid, lo, hi)) CLUSTERED;

ALTER TABLE resource ADD COLUMN self BIGINT NOT NULL DEFAULT 0;
ALTER TABLE resource ADD COLUMN params BLOB;
ALTER TABLE resource ADD COLUMN keys BLOB;

INSERT INTO counter(name, value) VALUES('old keys', 1);
