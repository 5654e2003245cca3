"""The steps of both schemas as plain SQL, numbered; a step that was released is never changed."""
