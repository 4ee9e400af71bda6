CREATE TABLE draft(
  tenant BIGINT NOT NULL, actor BIGINT NOT NULL, slot BLOB NOT NULL, person BIGINT NOT NULL, place BIGINT NOT NULL,
  updated BIGINT NOT NULL, expires BIGINT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(tenant, actor, slot));
CREATE INDEX draft_person ON draft(tenant, person);
CREATE INDEX draft_expires ON draft(tenant, expires);

CREATE TABLE receipt(
  tenant BIGINT NOT NULL, rid BIGINT NOT NULL, actor BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY(tenant, rid, actor)) CLUSTERED;
CREATE INDEX receipt_actor ON receipt(tenant, actor, rid);

CREATE INDEX entry_out_part_newest ON entry_out_part(tenant, person, entry);
DROP INDEX entry_out_part_person;
