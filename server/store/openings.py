"""What the server still lets a tenant's login do beyond its own schema, as sentences; it changes nothing.

Only the superuser of a PostgreSQL can close these. The appliance does so in its own; elsewhere they are told.
"""

from __future__ import annotations

from server.store.migrate import OwnerConnection

_SENTENCES = (
    (
        "select has_table_privilege('public', 'pg_catalog.pg_roles', 'select')",
        "it sees the names of the server's other logins and databases",
    ),
    (
        "select has_function_privilege('public', 'pg_catalog.lo_create(oid)', 'execute')",
        "it may keep large objects, which belong to no schema",
    ),
    (
        "select has_function_privilege('public', 'pg_catalog.pg_advisory_lock(bigint)', 'execute')",
        "it may take advisory locks until the server's table of locks is full",
    ),
    ("select current_setting('temp_file_limit') = '-1'", "its sorting may fill the disk (temp_file_limit)"),
    (
        "select to_regprocedure('guard.end_overlong()') is null",
        "it may leave a transaction open for as long as it likes",
    ),
)
_OTHERS = (
    "select datname from pg_database where datallowconn and datname <> current_database()"
    " and has_database_privilege('public', oid, 'CONNECT') order by 1 limit 5"
)


def openings(owner: OwnerConnection) -> list[str]:
    """One for each thing that is open."""
    found = [said for query, said in _SENTENCES if (owner.execute(query.encode()).fetchone() or (False,))[0]]
    others = [str(name) for (name,) in owner.execute(_OTHERS.encode())]
    return [*found, f"it may enter the databases {', '.join(others)}"] if others else found
