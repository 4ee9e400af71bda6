CREATE TABLE paper(
  tenant BIGINT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, at BIGINT NOT NULL, actor BIGINT NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY(tenant, name, version));
