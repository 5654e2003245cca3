-- The control schema: which tenants there are, and which node runs each. Owned by the cluster's owner,
-- used by the control role, reachable by no tenant.
create table tenants (
  id uuid primary key default gen_random_uuid(),
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{0,38}[a-z0-9]$'),
  title text not null default '',
  schema_name text not null unique,
  role_name text not null unique,
  role_password bytea not null,                -- encrypted with the master key
  state text not null default 'active' check (state in ('active', 'suspended', 'deleting')),
  created_at timestamptz not null default now()
);
create table leases (
  tenant_id uuid primary key references tenants on delete cascade,
  holder text not null,                        -- the sync process: node name and a random part
  epoch bigint not null default 1,             -- grows with every change of holder
  expires_at timestamptz not null
);
create table tenant_states (                   -- what the tenant's thread last said of itself
  tenant_id uuid primary key references tenants on delete cascade,
  state text not null,                         -- starting, idle, syncing, problem, suspended
  message text not null default '',
  holder text not null default '',
  last_pass_at timestamptz,
  next_pass_at timestamptz,
  updated_at timestamptz not null default now()
);
