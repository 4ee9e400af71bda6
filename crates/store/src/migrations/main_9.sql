CREATE TABLE asset_import(
  tenant BIGINT NOT NULL, import BIGINT NOT NULL, at BIGINT NOT NULL, actor BIGINT NOT NULL, undone BIGINT NOT NULL,
  undoer BIGINT NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, import)) CLUSTERED;

CREATE TABLE asset_part(
  tenant BIGINT NOT NULL, import BIGINT NOT NULL, part BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, import, part));
