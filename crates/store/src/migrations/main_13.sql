CREATE TABLE sign_in(
  tenant BIGINT NOT NULL, actor BIGINT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, strength BIGINT NOT NULL,
  PRIMARY KEY(tenant, actor));
