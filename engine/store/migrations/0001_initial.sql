-- One row per run: a leg, a room or a queue. A row with ended_at is a tombstone that late events still find.
create table runs (
    run text primary key,
    ver integer not null,
    state text not null,
    version text not null,
    ended_at real
);
create index runs_ended on runs (ended_at) where ended_at is not null;
create index runs_version on runs (version);

-- Names under which events find their run: "leg:...", "ccid:...", "conf:...".
create table keys (
    key text primary key,
    run text not null
) without rowid;
create index keys_run on keys (run);

-- Ids of committed events; run is '' where an event concerned none.
create table inbox (
    event_id text primary key,
    run text not null,
    at real not null
) without rowid;
create index inbox_run on inbox (run, at);

-- Commands that are committed and not settled. owner is the process that has begun to send a command, null before.
create table outbox (
    command_id text primary key,
    run text not null,
    chain text not null,
    seq integer not null,
    body text not null,
    urgent integer not null,
    owner text,
    created_at real not null,
    first_attempt_at real
) without rowid;
create index outbox_run on outbox (run);

-- The next thing that is due in a run.
create table timers (
    run text primary key,
    due real not null,
    gen integer not null
) without rowid;

create table journal (
    run text not null,
    at real not null,
    kind text not null,
    record text not null
);
create index journal_run on journal (run, at);

-- The files of each version of the flows folder that a run may be bound to; files is JSON, name to base64.
create table versions (
    version text primary key,
    files text not null
);

-- Small facts about this installation, such as its id.
create table notes (
    name text primary key,
    value text not null
) without rowid;
