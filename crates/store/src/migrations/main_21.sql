-- Who somebody is, and where they live (types of Encounter and Patient): lists of persons look for these few rows among all that there
-- is about each person.
CREATE INDEX resource_whereabouts ON resource(tenant, person, type) WHERE type IN (44, 103);
