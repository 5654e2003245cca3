-- How fast and when a connection is asked, and the hints that apps send of themselves.

alter table connections
  add column schedule jsonb not null default '{}',      -- server.domain.schedule.Schedule
  add column slowed_until timestamptz,                  -- nothing is sent before: the app asked for a pause
  add column slowed_reason text not null default '';
alter table integrations
  add column worked_at timestamptz;                     -- the last pass at a set time; null: none, or by interval
create table paces (                                    -- the web processes' share of a connection's requests
  connection_id uuid primary key references connections on delete cascade,
  free_at timestamptz not null                          -- all requests so far are paid for until then
);
create table webhooks (                                 -- the public address of a connection
  connection_id uuid primary key references connections on delete cascade,
  hash bytea not null unique,                           -- sha256 of the secret in the address
  created_at timestamptz not null default now(),
  heard_at timestamptz,
  received bigint not null default 0,
  dropped bigint not null default 0,                    -- items whose hints were given up for a look at the whole feed
  dropped_at timestamptz,
  free_at timestamptz not null default now()            -- all deliveries so far are paid for until then
);
create table inbox (                                    -- hints that are not settled yet, one an item
  id bigint generated always as identity primary key,
  integration_id uuid not null references integrations on delete cascade,
  connection_id uuid not null references connections on delete cascade,
  side text not null check (side in ('left', 'right')),
  item_id text not null,                                -- empty: look at the feed
  heard_at timestamptz not null default clock_timestamp(),
  unique (integration_id, side, item_id)
);
create index on inbox (connection_id, heard_at);
