-- Current versions by date: what has changed since is found in the order of that, not among all that there is of its type.
CREATE INDEX resource_updated ON resource(tenant, updated, rid, type);
