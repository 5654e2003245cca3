-- A process says once for all its tenants that it lives: a row that it renews, instead of one for each tenant.
create table holders (
  holder text primary key,
  expires_at timestamptz not null
);
alter table leases drop column expires_at;     -- a lease holds as long as its holder's row does
-- With how many rounds PostgreSQL's verifier of the tenant's login was made; what was made before has its usual 4096.
alter table tenants add column sign_in_rounds integer not null default 4096;
