-- What accounts live by: sessions that people can tell apart and end, a second factor with its recovery codes, one-time
-- links that let somebody choose a new password, and what the tenant asks of those who sign in.

alter table sessions
  add column id uuid not null default gen_random_uuid() unique,   -- for people; the hash stays inside
  add column browser text not null default '',                    -- what it calls itself, cut
  add column console boolean not null default false;              -- begun by a link of the console

alter table users
  add column password_at timestamptz,          -- when it was chosen last; null: with the account
  add column factor bytea,                     -- the secret of the authenticator app, AES-GCM with the tenant's key
  add column factor_step bigint not null default 0,               -- the time step of the last code that was taken
  add column factor_since timestamptz,
  add column new_factor bytea,                 -- one that is being set up: no code of it has come yet
  add column new_factor_at timestamptz;

create table recovery_codes (
  user_id uuid not null references users on delete cascade,
  hash bytea not null,                         -- sha256
  used_at timestamptz,
  primary key (user_id, hash)
);
create table password_links (
  hash bytea primary key,                      -- sha256 of the token
  user_id uuid not null references users on delete cascade,
  expires_at timestamptz not null
);
create table sign_in_rules (
  one boolean primary key default true check (one),
  admins_need_factor boolean not null default false
);
insert into sign_in_rules default values;
