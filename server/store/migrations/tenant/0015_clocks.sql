-- A cursor never passes its app's own clock. What that clock showed when the cursor last moved, and when that was by
-- this database's, tells later whether it went back, and how far.

alter table cursors add column app_at timestamptz, add column our_at timestamptz;

-- Items that are dated beyond their app's clock and were told, each once, until the clock has come there.

create table ahead (
  integration_id uuid not null references integrations on delete cascade,
  side text not null check (side in ('left', 'right')),
  item_id text not null,
  at timestamptz not null,
  primary key (integration_id, side, item_id)
);
