-- Older versions by date: the history of a type, or of everything, is read page by page.
CREATE INDEX history_updated ON history(tenant, updated, rid, version);
