CREATE TABLE subscription(
  tenant BIGINT NOT NULL, rid BIGINT NOT NULL, type BIGINT NOT NULL, actor BIGINT NOT NULL, live BIGINT NOT NULL,
  ends BIGINT NOT NULL, due BIGINT NOT NULL, tries BIGINT NOT NULL,
  PRIMARY KEY(tenant, rid)) CLUSTERED;

CREATE TABLE subscription_change(
  tenant BIGINT NOT NULL, subscription BIGINT NOT NULL, rid BIGINT NOT NULL, version BIGINT NOT NULL,
  PRIMARY KEY(tenant, subscription, rid)) CLUSTERED;
