-- The index of the migration before took 26 bytes a resource, beyond what one may take: what changed since is chosen by type again.
DROP INDEX resource_updated;
