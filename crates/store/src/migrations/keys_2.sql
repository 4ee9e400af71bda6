-- Which of the tenant's keys wraps it: while these are changed, two are in use.
ALTER TABLE person_key ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1;
ALTER TABLE pair_key ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1;
