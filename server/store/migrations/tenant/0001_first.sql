-- A tenant's schema. Owned by the tenant's login role and reachable by no other; everything a tenant owns is here.

create table fence (                           -- the epoch of the node that may commit (see store/lease.py)
  one boolean primary key default true check (one),
  epoch bigint not null default 0
);
insert into fence default values;

-- people who sign in ---------------------------------------------------------------------------------------
create table users (
  id uuid primary key default gen_random_uuid(),
  login text not null unique,
  name text not null,
  email text not null default '',
  password_hash text,                          -- argon2; null: may only enter by a one-time link
  role text not null default 'admin' check (role in ('admin', 'viewer')),
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);
create table sessions (
  hash bytea primary key,                      -- sha256 of the cookie
  user_id uuid not null references users on delete cascade,
  csrf text not null,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  address text not null default ''
);
create table api_tokens (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  name text not null,
  hash bytea not null unique,                  -- sha256 of the token
  created_at timestamptz not null default now(),
  used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);
create table entry_links (                     -- one-time links of the console
  hash bytea primary key,
  user_id uuid not null references users on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz
);
create table sign_in_failures (
  id bigint generated always as identity primary key,
  login text not null,
  address text not null,
  at timestamptz not null default now()
);
create index on sign_in_failures (login, at);
create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null default '',
  detail jsonb not null default '{}'
);

-- what is configured ---------------------------------------------------------------------------------------
create table connections (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  kind text not null,
  settings jsonb not null,                     -- what is not secret
  secrets bytea not null,                      -- a JSON object, AES-GCM with the tenant's key, key id in the header
  state text not null default 'active' check (state in ('active', 'paused')),
  problem text not null default '',
  app text not null default '',                -- name and version as of the last check
  account text not null default '',
  checked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table integrations (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  document jsonb not null,                     -- server.domain.integration.Document
  version integer not null default 1,
  state text not null default 'draft' check (state in ('draft', 'running', 'paused')),
  problem text not null default '',
  due_at timestamptz,                          -- next poll; null: not scheduled
  run_requested boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table integration_versions (
  integration_id uuid not null references integrations on delete cascade,
  version integer not null,
  document jsonb not null,
  saved_by text not null,
  saved_at timestamptz not null default now(),
  primary key (integration_id, version)
);
create table people (                          -- the tenant's user table: who is who in which connection
  connection_id uuid not null references connections on delete cascade,
  app_user text not null,                      -- the user's id in that app
  person text not null,                        -- rows with the same person are one human being
  primary key (connection_id, app_user)
);

-- what is kept in step -------------------------------------------------------------------------------------
create table pairs (
  id uuid primary key,                         -- also the correlation id
  integration_id uuid not null references integrations on delete cascade,
  state text not null check (state in ('reserved', 'linked', 'ended')),
  origin text not null check (origin in ('left', 'right')),   -- the side whose item a person made
  left_id text, left_key text not null default '', left_url text not null default '',
  right_id text, right_key text not null default '', right_url text not null default '',
  left_type text not null default '', right_type text not null default '',
  title text not null default '',
  left_snapshot jsonb, right_snapshot jsonb,   -- field -> value, each in its own side's terms
  left_stamp text not null default '', right_stamp text not null default '',
  reserved_at timestamptz,                     -- the target app's own time before the create
  created_at timestamptz not null default now(),
  synced_at timestamptz,
  check (left_id is not null or right_id is not null)
);
create unique index on pairs (integration_id, left_id);
create unique index on pairs (integration_id, right_id);
create index on pairs (integration_id, synced_at desc);
create index on pairs (left_key);
create index on pairs (right_key);
create table comment_pairs (
  id uuid primary key,                         -- also the correlation id
  pair_id uuid not null references pairs on delete cascade,
  origin text not null check (origin in ('left', 'right')),
  left_id text, right_id text,                 -- both set: confirmed
  left_hash text not null default '', right_hash text not null default '',
  private boolean not null default false,
  note text not null default ''                -- why it has no twin
);
create unique index on comment_pairs (pair_id, left_id);
create unique index on comment_pairs (pair_id, right_id);
create table attachment_pairs (
  id uuid primary key,
  pair_id uuid not null references pairs on delete cascade,
  origin text not null check (origin in ('left', 'right')),
  left_id text, right_id text,
  name text not null,
  size bigint not null,
  sha256 text not null default '',
  note text not null default ''
);
create unique index on attachment_pairs (pair_id, left_id);
create unique index on attachment_pairs (pair_id, right_id);

-- how it is done -------------------------------------------------------------------------------------------
create table cursors (
  integration_id uuid not null references integrations on delete cascade,
  side text not null check (side in ('left', 'right')),
  at timestamptz not null,                     -- the largest time of that app seen
  primary key (integration_id, side)
);
create table runs (
  id uuid primary key default gen_random_uuid(),
  integration_id uuid not null references integrations on delete cascade,
  trigger text not null,                       -- poll, now, start, resume
  state text not null default 'running' check (state in ('running', 'succeeded', 'partial', 'failed', 'cancelled')),
  phase text not null default '',              -- what it is doing now, in words
  done integer not null default 0,             -- items looked at
  total integer,                               -- items to look at, when known
  counts jsonb not null default '{}',          -- created, updated, comments, attachments, skipped, held, failed
  message text not null default '',
  cancel_requested boolean not null default false,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index on runs (integration_id, started_at desc);
create table operations (                      -- the journal: written and committed before any remote write
  id uuid primary key,                         -- for comments and files also their correlation id
  run_id uuid not null references runs on delete cascade,
  pair_id uuid not null references pairs on delete cascade,
  place integer not null,                      -- order within the pair's plan
  kind text not null,                          -- create, update, add_comment, edit_comment, delete_comment, attach
  side text not null check (side in ('left', 'right')),
  payload jsonb not null,
  before jsonb not null default '{}',
  state text not null default 'planned' check (state in ('planned', 'done', 'failed', 'superseded')),
  error text not null default '',
  planned_at timestamptz not null default now(),
  finished_at timestamptz
);
create index on operations (pair_id);
create index on operations (run_id);
create index on operations (state) where state = 'planned';
create table events (                          -- a line per item and run: what was done, decided, skipped, and why
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  integration_id uuid not null references integrations on delete cascade,
  run_id uuid references runs on delete cascade,
  pair_id uuid references pairs on delete cascade,
  side text not null default '',
  item_id text not null default '',
  item_key text not null default '',
  outcome text not null,                       -- created, updated, adopted, skipped, conflict, held, failed, ended
  summary text not null,
  detail jsonb not null default '[]'           -- [{what, side, field, before, after, reason}]
);
create index on events (run_id, id);
create index on events (pair_id, id);
create index on events (integration_id, item_key);
create table holds (                           -- items that are held back; the others go on
  integration_id uuid not null references integrations on delete cascade,
  side text not null check (side in ('left', 'right')),
  item_id text not null,
  item_key text not null default '',
  pair_id uuid references pairs on delete cascade,
  kind text not null check (kind in ('retry', 'quarantine', 'waiting', 'skipped')),
  reason text not null,                        -- a sentence for people
  words text not null default '',              -- the app's own
  stamp text not null default '',
  attempts integer not null default 1,
  due_at timestamptz,                          -- null: waits for a change or a person
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  primary key (integration_id, side, item_id)
);
create table conflicts (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  pair_id uuid not null references pairs on delete cascade,
  field_left text not null,
  field_right text not null,
  left_value jsonb,
  right_value jsonb,
  winner text not null check (winner in ('left', 'right', 'held')),
  reason text not null
);
create table egress (                          -- proof of what was contacted
  host text not null,
  port integer not null,
  connection_id uuid not null,
  requests bigint not null default 0,
  refused bigint not null default 0,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  primary key (host, port, connection_id)
);
