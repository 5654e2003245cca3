-- How often somebody tried to sign in somewhere, and from when on they may again. Whom, where and from which address is
-- in the subject, a hash: names of tenants and logins that do not exist are counted like those that do.
create table tries (
  subject bytea primary key,
  tries integer not null,
  free_at timestamptz not null,
  at timestamptz not null
);
create index on tries (at);
