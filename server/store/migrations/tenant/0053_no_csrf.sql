-- A session's CSRF token follows from its cookie, so it is not kept: who reads the table can prove nobody's intent.

alter table sessions drop column csrf;
