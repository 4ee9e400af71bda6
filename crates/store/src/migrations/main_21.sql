-- Who somebody is, and where they live (types of Encounter and Patient): lists of persons look for these few rows among all that there
-- is about each person. With a sign, the condition is this index's own, and serves to narrow no other one.
CREATE INDEX resource_whereabouts ON resource(tenant, person) WHERE +type IN (44, 103);
