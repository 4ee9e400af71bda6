-- Requests to erase a person, while they wait for a second one.
CREATE TABLE erasure_request(
  tenant BIGINT NOT NULL, person BIGINT NOT NULL, actor BIGINT NOT NULL, at BIGINT NOT NULL, items BIGINT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY(tenant, person));
