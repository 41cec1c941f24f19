-- How long a call is kept: one that failed longer. Its history says so (engine.core.change.is_failure); a refusal with
-- 90018 is none, for the caller has hung up meanwhile. A trigger, because apply_batch knows nothing of it.
alter table runs add column failed boolean not null default false;

create function note_failure() returns trigger language plpgsql as $$
begin
    update runs set failed = true where run = new.run and not failed;
    return null;
end
$$;

create trigger journal_failed after insert on journal
for each row when (new.kind in ('error', 'failed', 'budget') and new.record not like '%"code":"90018"%')
execute function note_failure();

update runs set failed = true where run in (
    select run from journal where kind in ('error', 'failed', 'budget') and record not like '%"code":"90018"%'
);

-- Calls that failed stand apart, or each pruning would pass over all that are kept. An older ringflow beside this one
-- prunes more slowly without runs_ended; it needs inbox_run.
drop index runs_ended;
create index runs_over on runs (failed, ended_at) where ended_at is not null;
create index runs_lasting on runs (run) where version = '' and ended_at is null;
create index inbox_at on inbox (at);
