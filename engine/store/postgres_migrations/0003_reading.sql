-- The order in which runs began, for those who look at the newest calls.
alter table runs add column id bigint generated always as identity;
create unique index runs_id on runs (id);

-- When a version of the flows was first loaded, in epoch seconds; null for those of an older ringflow.
alter table versions add column since double precision;
