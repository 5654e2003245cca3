"""One folder an app, behind one protocol; no connector may know another."""
