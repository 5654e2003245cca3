-- What people ask of the sync thread, what a run would do, what a full scan has found, and pairs that left the scope.

alter table pairs drop constraint pairs_state_check;
alter table pairs add constraint pairs_state_check check (state in ('reserved', 'linked', 'outside', 'ended'));

create table run_requests (                    -- what a person asks for; the tenant's thread takes it at its next pass
  id uuid primary key default gen_random_uuid(),
  integration_id uuid not null references integrations on delete cascade,
  kind text not null,                          -- now, scan, dry run, resync, hard resync, reconcile, undo, match
  argument jsonb not null default '{}',
  requested_by text not null,
  requested_at timestamptz not null default now(),
  run_id uuid references runs on delete set null   -- the run that works on it; a killed run leaves it here, and it goes on
);
create index on run_requests (integration_id, requested_at);
insert into run_requests (integration_id, kind, requested_by)
  select id, 'now', 'system' from integrations where run_requested;
alter table integrations drop column run_requested;

alter table operations add column after jsonb not null default '{}';   -- what the app said it held after an update

create table previews (                        -- a line per item and effect that a run would have had; nothing was written
  id bigint generated always as identity primary key,
  run_id uuid not null references runs on delete cascade,
  side text not null check (side in ('left', 'right')),   -- where it would take effect
  item_id text not null,                       -- the item that was looked at, on the other side
  item_key text not null default '',
  twin_key text not null default '',           -- empty: there is no twin yet
  action text not null,                        -- create, update, add_comment, ..., hold, skip, end
  field text not null default '',
  before jsonb,
  after jsonb,
  reason text not null default ''
);
create index on previews (run_id, id);

create table scans (                           -- how far a full scan has come, and when one last came through
  integration_id uuid not null references integrations on delete cascade,
  side text not null check (side in ('left', 'right')),
  phase text not null default 'census' check (phase in ('census', 'missing', 'unknown', 'look', 'done')),
  place text not null default '',              -- how far the phase was settled: an item id, or a time of the feed
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (integration_id, side)
);
create table census (                          -- the ids that an app named in the scan under way
  integration_id uuid not null references integrations on delete cascade,
  side text not null check (side in ('left', 'right')),
  item_id text not null,
  primary key (integration_id, side, item_id)
);

alter table holds add column waits_for text not null default '';   -- an item of the same side whose twin must come first
create index on holds (integration_id, side, waits_for) where waits_for <> '';

alter table integrations add column cap jsonb;                    -- what the first run may do at most; null: no cap
