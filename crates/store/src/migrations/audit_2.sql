CREATE INDEX entry_part_newest ON entry_part(tenant, person, entry);
DROP INDEX entry_part_person;
