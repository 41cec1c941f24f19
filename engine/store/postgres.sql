-- Lists are handed in as arrays; a batch of changes is one JSON value.

-- name: apply
select apply_batch_v2($1::jsonb, $2);

-- All that a batch asks, in one round trip: which events were seen, which runs bear the keys, the rows of these runs and
-- of others that are wanted. The array lets the index of runs be used.
-- name: load
with known as materialized (
    select key, run from keys where key = any ($2::text[])
)
select 'event' as kind, event_id as name, '' as run, 0 as ver, '' as state, '' as version, 0.0 as ended_at
from inbox where event_id = any ($1::text[])
union all
select 'key', key, run, 0, '', '', 0.0 from known
union all
select 'row', '', run, ver, state, version, ended_at
from runs where run = any ($3::text[] || array(select known.run from known));

-- name: attempt
select attempt_v1($1::text[], $2, $3);

-- name: held_commands
select command_id from outbox where owner = $1;

-- name: commands
select command_id, run, chain, seq, body, urgent, created_at, first_attempt_at from outbox
where owner = $1 and command_id = any ($2::text[])
order by created_at, chain collate "C", seq;

-- name: all_timers
select run, due, gen from timers order by due, run collate "C";

-- name: waiting_runs
select run from timers order by run collate "C";

-- name: late_timers
select run, due, gen from timers
where due < $1
order by due
limit 500;

-- An id of its own again, so that it becomes the youngest.
-- name: put_version
insert into versions (version, files, since) values ($1, $2, extract(epoch from now())::double precision)
on conflict (version) do update
set files = excluded.files, id = default, since = coalesce(versions.since, excluded.since);

-- name: all_versions
select version, files from versions order by id;

-- name: note
select value from notes where name = $1;

-- name: first_note
insert into notes (name, value) values ($1, $2) on conflict (name) do nothing;

-- name: put_note
insert into notes (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value;

-- $1: when calls ended that go, $2: those that failed, $3: when ids came that go, $4: how many calls of either kind,
-- $5: how many ids and lines. A version that only runs deleted here used goes with the next pruning; the last ten stay
-- in any case. Ids of a call under way stay, however long it lasts; rooms and queues have no version.
-- name: prune
with ended as (
    (select run from runs where failed = false and ended_at < $1 order by ended_at limit $4)
    union all
    (select run from runs where failed = true and ended_at < $2 order by ended_at limit $4)
), lasting as (
    select run from runs where version = '' and ended_at is null
), of_runs as (
    delete from runs where run in (select run from ended) returning 1
), of_keys as (
    delete from keys where run in (select run from ended) returning 1
), of_outbox as (
    delete from outbox where run in (select run from ended) returning 1
), of_timers as (
    delete from timers where run in (select run from ended) returning 1
), of_journal as (
    delete from journal where run in (select run from ended) returning 1
), old_inbox as (
    delete from inbox where event_id in (
        select event_id from inbox
        where at < $3
        and not exists (select from runs where runs.run = inbox.run and ended_at is null and version <> '')
        order by at
        limit $5
    ) returning 1
), old_journal as (
    delete from journal where id in (
        select id from journal
        where at < $1 and (run = '' or run in (select run from lasting))
        limit $5
    ) returning 1
), old_versions as (
    delete from versions
    where not exists (select from runs where runs.version = versions.version)
    and version not in (select value from notes where name = 'pinned')
    and id not in (select id from versions order by id desc limit 10)
    returning 1
)
select (select count(*) from of_runs) + (select count(*) from of_keys)
    + (select count(*) from of_outbox) + (select count(*) from of_timers) + (select count(*) from of_journal)
    + (select count(*) from old_inbox) + (select count(*) from old_journal) + (select count(*) from old_versions);

-- Processes that share the database (migration 0002). A ringflow that knows no leases wants it for itself.
-- name: try_older_lock
select pg_try_advisory_lock_shared(hashtextextended('ringflow service', 0));

-- name: lock_owner
select pg_advisory_lock(owner_lock($1));

-- name: unlock_owner
select pg_advisory_unlock(owner_lock($1));

-- name: register
insert into owners (id) values ($1);

-- name: hand_over
select hand_over_v1($1, $2);

-- name: beat
update owners set beat_at = instant(), free_since = null, paused_until = $2 where id = $1
returning extract(epoch from instant())::double precision;

-- name: bury
select bury_v1($1, $2, $3);

-- name: claim
select claim_v1($1, 500);

-- name: others
select count(*), coalesce(max(paused_until), 0) from owners
where id <> $1 and beat_at > instant() - make_interval(secs => $2);

-- name: lock_migrations
select pg_advisory_lock(hashtextextended('ringflow migrations', 0));

-- name: unlock_migrations
select pg_advisory_unlock(hashtextextended('ringflow migrations', 0));

-- Forgetting a phone number reads everything, portion by portion.
-- name: runs_after
select run, ver, state, version, ended_at from runs where run > $1 order by run limit $2;

-- $1: runs to delete, $2: rows to write; each with the ver that was read. What somebody changed meanwhile is left, and
-- not among those that are returned.
-- name: forget_runs
with of_runs as (
    delete from runs using jsonb_to_recordset($1::jsonb) as theirs (run text, ver bigint)
    where runs.run = theirs.run and runs.ver = theirs.ver
    returning runs.run
), written as (
    update runs set ver = wanted.ver, state = wanted.state, version = wanted.version
    from jsonb_to_recordset($2::jsonb) as wanted (run text, ver bigint, state text, version text, is_emptied boolean)
    where runs.run = wanted.run and runs.ver = wanted.ver - 1
    returning runs.run, wanted.is_emptied
), gone as (
    select run from of_runs union all select run from written where is_emptied
), of_keys as (
    delete from keys where run in (select run from of_runs)
), of_outbox as (
    delete from outbox where run in (select run from gone)
), of_timers as (
    delete from timers where run in (select run from gone)
), of_journal as (
    delete from journal where run in (select run from gone)
)
select run from of_runs union all select run from written;

-- name: outbox_after
select command_id, run, body from outbox where command_id > $1 order by command_id limit $2;

-- name: journal_after
select id, run, record from journal where id > $1 order by id limit $2;

-- name: open_runs
select run from runs where run = any ($1::text[]) and ended_at is null;

-- name: mask_outbox
update outbox set body = masked.text
from jsonb_to_recordset($1::jsonb) as masked (text text, position text)
where command_id = masked.position;

-- name: mask_journal
update journal set record = masked.text
from jsonb_to_recordset($1::jsonb) as masked (text text, position bigint)
where id = masked.position;

-- name: session
select pg_backend_pid();

-- name: has_schema
select exists (select from pg_namespace where nspname = 'ringflow');

-- name: has_migrations
select to_regclass('ringflow.migrations') is not null;

-- name: applied_migrations
select number, checksum from migrations;

-- name: make_schema
create schema ringflow;

-- name: make_migrations
create table if not exists migrations (number integer primary key, name text not null, checksum text not null);

-- name: note_migration
insert into migrations (number, name, checksum) values ($1, $2, $3);

-- What people are told about a database.
-- name: count_calls
select count(*) from runs where ended_at is null and version <> '';

-- name: count_commands
select count(*) from outbox;

-- name: count_timers
select count(*) from timers;

-- name: count_journal
select count(*) from journal;

-- name: bytes
select pg_database_size(current_database());

-- name: kept_versions
select version, since, (select count(*) from runs where runs.version = versions.version and ended_at is null)
from versions order by id desc;

-- What `ringflow calls` and `ringflow show` read.
-- name: newest_calls
select run, ver, state, version, ended_at from runs
where run not like 'room:%' and run not like 'queue:%'
order by id desc;

-- name: row
select run, ver, state, version, ended_at from runs where run = $1;

-- name: run_by_key
select run from keys where key = $1;

-- name: runs_from
select run from runs where run collate "C" >= $1 and run collate "C" < $2 order by run collate "C" limit $3;

-- PostgreSQL refuses to read a state that holds a character of the value nought.
-- name: rung_by
select run, ver, state, version, ended_at from runs
where id > (select id from runs where run = $1) and replace(state, '\u0000', '\ufffd')::json #>> '{origin,run}' = $2
order by id limit $3;

-- name: run_journal
select run, at, kind, record from journal where run = $1 order by id limit $2;

-- name: version_files
select files from versions where version = $1;
