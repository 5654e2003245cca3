"""An app that costs next to nothing and misbehaves on demand: model, server, and the connector to it."""
