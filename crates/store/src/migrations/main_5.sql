CREATE INDEX resource_rules ON resource(tenant, rules, rid);

CREATE TABLE label_raise(
  tenant BIGINT NOT NULL, rid BIGINT NOT NULL, rules BIGINT NOT NULL, level BIGINT NOT NULL, categories BIGINT NOT NULL,
  mask BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY(tenant, rid, rules)) CLUSTERED;
CREATE INDEX label_raise_rules ON label_raise(tenant, rules, rid);

CREATE TABLE label_person(
  tenant BIGINT NOT NULL, rid BIGINT NOT NULL, level BIGINT NOT NULL, categories BIGINT NOT NULL, actor BIGINT NOT NULL,
  at BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, rid));

CREATE TABLE label_rollback(
  tenant BIGINT NOT NULL, rules BIGINT NOT NULL, actor BIGINT NOT NULL, at BIGINT NOT NULL, items BIGINT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY(tenant, rules));
