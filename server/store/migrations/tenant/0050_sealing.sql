-- Whether what private comments say is kept sealed only, and whether all rows are by now as this says.

create table privacy (
  one boolean primary key default true check (one),
  sealed boolean not null default false,
  through boolean not null default true     -- false: rows from before are still being sealed, or opened
);
insert into privacy default values;
