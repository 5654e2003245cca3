-- Which containers the integrations of which tenants work on: a hash each, which tells nobody the container. So that a
-- person is told that another tenant works there; whose and what is nobody else's business.
create table places (
  tenant_id uuid not null references tenants on delete cascade,
  integration_id uuid not null,
  place bytea not null,
  primary key (tenant_id, integration_id, place)
);
create index on places (place);
