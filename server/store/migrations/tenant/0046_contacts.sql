-- What was really contacted: the address that a host's name came to, and the proxy that it was asked through.
alter table egress
  add column address text not null default '',     -- empty: the name came to none, a proxy looked it up, or it is from before
  add column via text not null default '',         -- a proxy's host and port; empty: it was contacted directly
  drop constraint egress_pkey,
  add primary key (host, port, connection_id, address, via);
