-- What the fields, options and people of an app's type are called, as it said last: people who may not have apps asked
-- read names by it. It is no item's, and the app says it again at any time.

create table labels (
  connection_id uuid not null references connections on delete cascade,
  container text not null,
  item_type text not null,
  said jsonb not null,
  at timestamptz not null default now(),
  primary key (connection_id, container, item_type)
);
