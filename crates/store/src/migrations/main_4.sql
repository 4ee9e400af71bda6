ALTER TABLE receipt ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
UPDATE receipt SET version = COALESCE((SELECT r.version FROM resource r
  WHERE r.tenant = receipt.tenant AND r.rid = receipt.rid AND r.updated <= receipt.at), 0);

ALTER TABLE draft ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE draft ADD COLUMN writer BIGINT NOT NULL DEFAULT 0;

UPDATE resource SET moment = -62135596800000000 WHERE type = 114;
