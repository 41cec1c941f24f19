-- When a version of the flows was first loaded, in epoch seconds; null for those of an older ringflow.
alter table versions add column since real;
