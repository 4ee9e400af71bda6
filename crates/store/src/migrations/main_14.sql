DROP TABLE outbox;
CREATE TABLE outbox(
  tenant BIGINT NOT NULL, kind BIGINT NOT NULL, subject BIGINT NOT NULL, actor BIGINT NOT NULL, since BIGINT NOT NULL,
  due BIGINT NOT NULL, held BIGINT NOT NULL, news BIGINT NOT NULL, tries BIGINT NOT NULL, failure BIGINT NOT NULL,
  dead BIGINT NOT NULL,
  PRIMARY KEY(tenant, kind, subject)) CLUSTERED;
CREATE INDEX outbox_due ON outbox(tenant, dead, due);

INSERT INTO outbox(tenant, kind, subject, actor, since, due, held, news, tries, failure, dead)
  SELECT s.tenant, 1, s.rid, s.actor, s.due, s.due, 0, 1, s.tries, 0, 0 FROM subscription s
  WHERE s.live = 0 OR EXISTS(SELECT 1 FROM subscription_change c WHERE c.tenant = s.tenant AND c.subscription = s.rid);
ALTER TABLE subscription DROP COLUMN due;
ALTER TABLE subscription DROP COLUMN tries;
