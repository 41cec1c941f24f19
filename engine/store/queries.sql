-- Lists are handed in as one JSON array.

-- name: seen
select event_id from inbox where event_id in (select value from json_each(?));

-- name: runs_by_key
select key, run from keys where key in (select value from json_each(?));

-- name: rows_by_run
select run, ver, state, version, ended_at from runs where run in (select value from json_each(?));

-- name: vers
select run, ver from runs where run in (select value from json_each(?));

-- name: put_run
insert into runs (run, ver, state, version, ended_at) values (?, ?, ?, ?, ?)
on conflict (run) do update
set ver = excluded.ver, state = excluded.state, version = excluded.version, ended_at = excluded.ended_at;

-- name: put_event
insert into inbox (event_id, run, at) values (?, ?, ?) on conflict (event_id) do nothing;

-- name: put_key
insert into keys (key, run) values (?, ?) on conflict (key) do update set run = excluded.run;

-- name: put_command
insert into outbox (command_id, run, chain, seq, body, urgent, created_at, first_attempt_at)
values (?, ?, ?, ?, ?, ?, ?, ?);

-- name: withdraw
delete from outbox where command_id = ? and first_attempt_at is null;

-- name: settle
delete from outbox where command_id = ?;

-- name: put_timer
insert into timers (run, due, gen) values (?, ?, ?)
on conflict (run) do update set due = excluded.due, gen = excluded.gen;

-- name: drop_timer
delete from timers where run = ?;

-- name: put_journal
insert into journal (run, at, kind, record) values (?, ?, ?, ?);

-- name: attempt
update outbox set first_attempt_at = coalesce(first_attempt_at, ?), owner = ?
where command_id in (select value from json_each(?))
returning command_id;

-- name: all_commands
select command_id, run, chain, seq, body, urgent, created_at, first_attempt_at from outbox
order by created_at, chain, seq;

-- name: all_timers
select run, due, gen from timers order by due, run;

-- name: drop_version
delete from versions where version = ?;

-- name: version_since
select since from versions where version = ?;

-- name: put_version
insert into versions (version, files, since) values (?, ?, ?);

-- name: all_versions
select version, files from versions order by rowid;

-- name: note
select value from notes where name = ?;

-- name: first_note
insert into notes (name, value) values (?, ?) on conflict (name) do nothing;

-- name: put_note
insert into notes (name, value) values (?, ?) on conflict (name) do update set value = excluded.value;

-- name: drop_note
delete from notes where name = ?;

-- name: ended
select run from runs where failed = ? and ended_at < ? order by ended_at limit ?;

-- name: prune_runs
delete from runs where run in (select value from json_each(?));

-- name: prune_keys
delete from keys where run in (select value from json_each(?));

-- name: prune_outbox
delete from outbox where run in (select value from json_each(?));

-- name: prune_timers
delete from timers where run in (select value from json_each(?));

-- name: prune_journal
delete from journal where run in (select value from json_each(?));

-- Those of a call under way stay, however long it lasts; rooms and queues have no version.
-- name: prune_inbox
delete from inbox where event_id in (
    select event_id from inbox
    where at < ?
    and not exists (select 1 from runs where runs.run = inbox.run and ended_at is null and version <> '')
    order by at
    limit ?
);

-- What concerned no run, and the past of rooms and queues, which do not end with a call.
-- name: prune_old_journal
delete from journal where rowid in (
    select rowid from journal
    where at < ?
    and (run = '' or run in (select run from runs where version = '' and ended_at is null))
    limit ?
);

-- The last ten stay in any case: one of them is in use for new calls, unless another is pinned.
-- name: prune_versions
delete from versions
where not exists (select 1 from runs where runs.version = versions.version)
and version not in (select value from notes where name = 'pinned')
and rowid not in (select rowid from versions order by rowid desc limit 10);

-- Forgetting a phone number reads everything, portion by portion.
-- name: runs_after
select rowid, run, ver, state, version, ended_at from runs where rowid > ? order by rowid limit ?;

-- name: outbox_after
select command_id, run, body from outbox where command_id > ? order by command_id limit ?;

-- name: journal_after
select rowid, run, record from journal where rowid > ? order by rowid limit ?;

-- name: open_runs
select run from runs where run in (select value from json_each(?)) and ended_at is null;

-- name: mask_outbox
update outbox set body = ? where command_id = ?;

-- name: mask_journal
update journal set record = ? where rowid = ?;

-- What people are told about a database.
-- name: count_calls
select count(*) from runs where ended_at is null and version <> '';

-- name: count_commands
select count(*) from outbox;

-- name: count_timers
select count(*) from timers;

-- name: count_journal
select count(*) from journal;

-- name: kept_versions
select version, since, (select count(*) from runs where runs.version = versions.version and ended_at is null)
from versions order by rowid desc;

-- What `ringflow calls` and `ringflow show` read. A row keeps its place while it is updated: the newest began last.
-- name: newest_calls
select run, ver, state, version, ended_at from runs
where run not like 'room:%' and run not like 'queue:%'
order by rowid desc;

-- name: row
select run, ver, state, version, ended_at from runs where run = ?;

-- name: run_by_key
select run from keys where key = ?;

-- name: runs_from
select run from runs where run >= ? and run < ? order by run limit ?;

-- name: rung_by
select run, ver, state, version, ended_at from runs
where rowid > (select rowid from runs where run = ?) and json_extract(state, '$.origin.run') = ?
order by rowid limit ?;

-- name: run_journal
select run, at, kind, record from journal where run = ? order by rowid limit ?;

-- name: version_files
select files from versions where version = ?;
