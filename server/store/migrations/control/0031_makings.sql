-- Which twins are being made just now, by whom: numbers, which tell nobody what. Written before a container is looked at,
-- taken back once what was made there is on record; so of two that would make the same twin, one waits and then finds it.

create table makings (
  tenant_id uuid not null references tenants on delete cascade,
  integration_id uuid not null,
  item bigint not null,                        -- the original, as its integration numbers it
  what bigint not null,                        -- what nobody else may make meanwhile: of which original, in which container
  epoch bigint not null,                       -- the lease under which it was written
  until timestamptz,                           -- it was made, and the app shows it by then at the latest
  primary key (tenant_id, integration_id, item, what)
);
create index on makings (what);
