-- Which items are in a container, and of which original each is: looked up before a twin is made there. It is read from
-- the app as far as it was needed, and can be read again at any time.

create table kin (
  connection_id uuid not null references connections on delete cascade,
  container text not null,
  item_id text not null,
  item_key text not null default '',
  root bigint not null,                        -- the number of its original (domain/lineage.py)
  marker text,                                 -- the correlation id that it carries
  title text not null default '',              -- as far as every app keeps it: where nothing better tells a twin
  own boolean not null default false,          -- our account made it
  made_at timestamptz not null,
  primary key (connection_id, container, item_id)
);
create index on kin (connection_id, container, root);
create index on kin (connection_id, container, marker) where marker is not null;
create index on kin (connection_id, container, title) where title <> '';
create table kin_cursors (
  connection_id uuid not null references connections on delete cascade,
  container text not null,
  place text not null,                         -- which app it was read from: a connection may be given another address
  reached text not null,                       -- in the connector's own terms
  primary key (connection_id, container)
);
