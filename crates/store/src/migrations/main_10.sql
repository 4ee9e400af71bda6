CREATE TABLE workstation(
  tenant BIGINT NOT NULL, workstation BIGINT NOT NULL, token BLOB NOT NULL, place BIGINT NOT NULL, unit BIGINT NOT NULL,
  state BIGINT NOT NULL, enrolled BIGINT NOT NULL, ended BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, workstation));
CREATE UNIQUE INDEX workstation_token ON workstation(tenant, token);
