-- The time that all leases go by.
create function instant() returns timestamptz language sql volatile as $$
    select clock_timestamp()
$$;

-- The processes that serve, each with a lease by this server's clock. free_since is when another one first found the
-- lock of its session free: its connection has ended, and its last requests will soon have.
create table owners (
    id text primary key,
    beat_at timestamptz not null default instant(),
    free_since timestamptz,
    paused_until double precision not null default 0
);

create index outbox_chain on outbox (chain, seq);
create index outbox_owner on outbox (owner);
create index timers_due on timers (due);

create function owner_lock(id text) returns bigint language sql immutable as $$
    select hashtextextended('ringflow owner ' || id, 0)
$$;

-- Commit a batch for the process *me* (apply_batch_v1 has the lists and the rules). New commands go to whoever still
-- has commands of the same run to send, so that one process sends them in order; it is told, as it is when commands of
-- its own are withdrawn. Hang-ups overtake everything, and are sent by *me*.
create function apply_batch_v2(batch jsonb, me text) returns text[] language plpgsql as $$
declare
    neighbour text;
    refused text[];
begin
    for neighbour in
        select distinct outbox.owner
        from outbox
        where outbox.owner <> me
        and outbox.run in (select wanted.run from jsonb_to_recordset(batch->'runs') as wanted (run text))
    loop
        perform pg_notify('ringflow_' || neighbour, '');
    end loop;

    refused := apply_batch_v1(batch);

    with fresh as (
        select wanted.command_id, wanted.run
        from jsonb_to_recordset(batch->'commands') as wanted (command_id text, run text)
        where not wanted.run = any (refused)
    ), elsewhere as (
        select distinct on (outbox.run) outbox.run, outbox.owner
        from outbox
        where outbox.run in (select fresh.run from fresh)
        and outbox.command_id not in (select fresh.command_id from fresh)
        and outbox.owner is distinct from me
        and not outbox.urgent
    )
    update outbox
    set owner = case when outbox.urgent or elsewhere.run is null then me else elsewhere.owner end
    from fresh left join elsewhere on elsewhere.run = fresh.run
    where outbox.command_id = fresh.command_id;

    return refused;
end
$$;

-- Note the first attempts of *wanted*, and return those that *me* may send: still there, its own, and with nothing
-- unsent before them in their chain.
create function attempt_v1(wanted text[], me text, at double precision) returns setof text language sql as $$
    update outbox
    set first_attempt_at = coalesce(outbox.first_attempt_at, at)
    where outbox.command_id = any (wanted)
    and outbox.owner = me
    and (outbox.urgent or not exists (
        select from outbox as older
        where older.chain = outbox.chain
        and older.seq < outbox.seq
        and older.first_attempt_at is null
        and not older.urgent
    ))
    returning outbox.command_id
$$;

-- Take the commands whose process has gone, with their runs locked: who commits meanwhile sees one owner or the other.
create function claim_v1(me text, most integer) returns void language plpgsql as $$
declare
    orphans text[];
begin
    select coalesce(array_agg(locked.run), '{}') into orphans from (
        select runs.run
        from runs
        where runs.run in (
            select outbox.run
            from outbox
            where outbox.owner is null or not exists (select from owners where owners.id = outbox.owner)
            limit most
        )
        order by runs.run
        for update skip locked
    ) as locked;

    update outbox
    set owner = me
    where outbox.run = any (orphans)
    and (outbox.owner is null or not exists (select from owners where owners.id = outbox.owner));
end
$$;

-- Give the commands of the process *old* to *new* (null: to whoever claims them); false when it was buried already.
create function hand_over_v1(old text, new text) returns boolean language plpgsql as $$
begin
    delete from owners where owners.id = old;
    if not found then
        return false;
    end if;
    perform from runs
    where runs.run in (select outbox.run from outbox where outbox.owner = old)
    order by runs.run
    for update;
    update outbox set owner = new where outbox.owner = old;
    return true;
end
$$;

-- Forget processes that are gone. What the last one had under way has come to its end *rest_s* after its lock was found
-- free, or after its lease of *lease_s* ran out.
create function bury_v1(me text, lease_s double precision, rest_s double precision) returns void language plpgsql as $$
declare
    other record;
begin
    for other in select owners.id from owners where owners.id <> me order by owners.id loop
        if pg_try_advisory_xact_lock(owner_lock(other.id)) then
            delete from owners
            where owners.id = other.id and owners.free_since < instant() - make_interval(secs => rest_s);
            update owners
            set free_since = instant()
            where owners.id = other.id and owners.free_since is null;
        else
            delete from owners
            where owners.id = other.id
            and owners.beat_at < instant() - make_interval(secs => lease_s + rest_s);
        end if;
    end loop;
end
$$;
