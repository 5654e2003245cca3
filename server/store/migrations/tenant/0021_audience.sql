-- Whether the app restricts an item to some of those who see its neighbours, in its own words; empty: it does not.

alter table pairs
  add column left_restricted text not null default '',
  add column right_restricted text not null default '';
