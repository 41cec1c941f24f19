-- Migrations only expand: an older ringflow must go on beside a newer shape. What changes apply_batch makes a _v2.

-- One row per run: a leg, a room or a queue. A row with ended_at is a tombstone that late events still find.
create table runs (
    run text primary key,
    ver bigint not null,
    state text not null,
    version text not null,
    ended_at double precision
) with (fillfactor = 70);
create index runs_ended on runs (ended_at) where ended_at is not null;
create index runs_version on runs (version);

-- Names under which events find their run: "leg:...", "ccid:...", "conf:...".
create table keys (
    key text primary key,
    run text not null
);
create index keys_run on keys (run);

-- Ids of committed events; run is '' where an event concerned none.
create table inbox (
    event_id text primary key,
    run text not null,
    at double precision not null
);
create index inbox_run on inbox (run, at);

-- Commands that are committed and not settled. owner is the process that has begun to send a command, null before.
create table outbox (
    command_id text primary key,
    run text not null,
    chain text not null,
    seq bigint not null,
    body text not null,
    urgent boolean not null,
    owner text,
    created_at double precision not null,
    first_attempt_at double precision
);
create index outbox_run on outbox (run);

-- The next thing that is due in a run.
create table timers (
    run text primary key,
    due double precision not null,
    gen bigint not null
);

create table journal (
    id bigint generated always as identity primary key,
    run text not null,
    at double precision not null,
    kind text not null,
    record text not null
);
create index journal_run on journal (run, at);

-- The files of each version of the flows folder that a run may be bound to; files is JSON, name to base64.
create table versions (
    id bigint generated always as identity primary key,
    version text not null unique,
    files text not null
);

-- Small facts about this installation, such as its id.
create table notes (
    name text primary key,
    value text not null
);

-- Commit a batch of changes and return the runs that are refused (engine.ports.Store.apply). The lists of *batch*:
--   runs     run, ver_before, ver, state, version, ended_at, due, gen: each run once, as its last change leaves it
--   changes  n, run ('' where the event concerns none), event_id ('' where it needs no remembering), at
--   keys, commands, withdrawn, settled, journal: what the change number n of them brings
-- Each statement sees what was committed before it began: that is why the rows are locked before ids are looked for.
create function apply_batch_v1(batch jsonb) returns text[] language plpgsql as $$
declare
    held text[];
    made text[];
    seen text[];
    refused text[];
    taken integer[];
    written bigint;
begin
    select coalesce(array_agg(locked.run), '{}') into held from (
        select runs.run
        from runs
        join jsonb_to_recordset(batch->'runs') as wanted (run text, ver_before bigint)
            on runs.run = wanted.run and runs.ver = wanted.ver_before
        order by runs.run
        for update of runs
    ) as locked;

    with fresh as (
        insert into runs (run, ver, state, version, ended_at)
        select wanted.run, wanted.ver, wanted.state, wanted.version, wanted.ended_at
        from jsonb_to_recordset(batch->'runs') as wanted (
            run text, ver_before bigint, ver bigint, state text, version text, ended_at double precision
        )
        where wanted.ver_before = 0
        order by wanted.run
        on conflict (run) do nothing
        returning run
    )
    select coalesce(array_agg(fresh.run), '{}') into made from fresh;

    select coalesce(array_agg(inbox.event_id), '{}') into seen
    from inbox
    where inbox.event_id in (
        select change.event_id from jsonb_to_recordset(batch->'changes') as change (event_id text)
    );

    select coalesce(array_agg(distinct change.run), '{}') into refused
    from jsonb_to_recordset(batch->'changes') as change (run text, event_id text)
    where change.run <> ''
    and (change.event_id = any (seen) or not change.run = any (held || made));

    select coalesce(array_agg(change.n), '{}') into taken
    from jsonb_to_recordset(batch->'changes') as change (n integer, run text, event_id text)
    where case when change.run = '' then not change.event_id = any (seen) else not change.run = any (refused) end;

    delete from runs where runs.run = any (made) and runs.run = any (refused);

    update runs
    set ver = wanted.ver, state = wanted.state, version = wanted.version, ended_at = wanted.ended_at
    from jsonb_to_recordset(batch->'runs') as wanted (
        run text, ver bigint, state text, version text, ended_at double precision
    )
    where runs.run = wanted.run and runs.run = any (held) and not runs.run = any (refused);

    insert into inbox (event_id, run, at)
    select distinct on (change.event_id) change.event_id, change.run, change.at
    from jsonb_to_recordset(batch->'changes') as change (n integer, run text, event_id text, at double precision)
    where change.n = any (taken) and change.event_id <> ''
    order by change.event_id, change.n
    on conflict (event_id) do nothing;
    get diagnostics written = row_count;
    if written < (
        select count(distinct change.event_id)
        from jsonb_to_recordset(batch->'changes') as change (n integer, event_id text)
        where change.n = any (taken) and change.event_id <> ''
    ) then
        raise exception 'an event was committed by somebody else meanwhile' using errcode = 'serialization_failure';
    end if;

    insert into keys (key, run)
    select distinct on (wanted.key) wanted.key, wanted.run
    from jsonb_to_recordset(batch->'keys') as wanted (n integer, key text, run text)
    where wanted.n = any (taken)
    order by wanted.key, wanted.n desc
    on conflict (key) do update set run = excluded.run;

    insert into outbox (command_id, run, chain, seq, body, urgent, created_at, first_attempt_at)
    select command_id, run, chain, seq, body, urgent, created_at, first_attempt_at
    from jsonb_to_recordset(batch->'commands') as wanted (
        n integer, command_id text, run text, chain text, seq bigint, body text, urgent boolean,
        created_at double precision, first_attempt_at double precision
    )
    where wanted.n = any (taken);

    delete from outbox
    where outbox.first_attempt_at is null
    and outbox.command_id in (
        select wanted.command_id
        from jsonb_to_recordset(batch->'withdrawn') as wanted (n integer, command_id text)
        where wanted.n = any (taken)
    );

    delete from outbox
    where outbox.command_id in (
        select wanted.command_id
        from jsonb_to_recordset(batch->'settled') as wanted (n integer, command_id text)
        where wanted.n = any (taken)
    );

    insert into timers (run, due, gen)
    select wanted.run, wanted.due, wanted.gen
    from jsonb_to_recordset(batch->'runs') as wanted (run text, due double precision, gen bigint)
    where wanted.gen is not null and not wanted.run = any (refused)
    order by wanted.run
    on conflict (run) do update set due = excluded.due, gen = excluded.gen;

    delete from timers
    where timers.run in (
        select wanted.run
        from jsonb_to_recordset(batch->'runs') as wanted (run text, gen bigint)
        where wanted.gen is null and not wanted.run = any (refused)
    );

    insert into journal (run, at, kind, record)
    select wanted.run, wanted.at, wanted.kind, wanted.record
    from jsonb_to_recordset(batch->'journal') as wanted (
        n integer, run text, at double precision, kind text, record text
    )
    where wanted.n = any (taken);

    return refused;
end
$$;
