"""One pass of an integration, from the feeds of both apps to a settled page; the order is the folder's story.

``ends`` opens both apps, ``feed`` walks their changes, ``look`` fetches what changed, ``decide`` asks what to
do, ``page`` writes the plan down, ``apply`` carries it out, ``settle`` commits what the apps hold. ``routes`` lists
the other kinds of run; they take the same steps. Nothing here decides what travels: that is ``server.engine``.
"""
