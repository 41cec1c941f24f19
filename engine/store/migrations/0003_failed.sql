-- How long a call is kept: one that failed longer. Its history says so (engine.core.change.is_failure); a refusal with
-- 90018 is none, for the caller has hung up meanwhile.
alter table runs add column failed integer not null default 0;

create trigger journal_failed after insert on journal
when new.kind in ('error', 'failed', 'budget') and new.record not like '%"code":"90018"%'
begin
    update runs set failed = 1 where run = new.run and failed = 0;
end;

update runs set failed = 1 where run in (
    select run from journal where kind in ('error', 'failed', 'budget') and record not like '%"code":"90018"%'
);

drop index runs_ended;
create index runs_over on runs (failed, ended_at) where ended_at is not null;
create index runs_lasting on runs (run) where version = '' and ended_at is null;

-- Ids of events go by their age, a day; calls stay longer.
drop index inbox_run;
create index inbox_at on inbox (at);
