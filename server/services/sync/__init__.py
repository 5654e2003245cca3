"""One pass of an integration, from the feeds of both apps to a settled page; the order is the folder's story.

``ends`` opens both apps, ``feed`` walks their changes, ``look`` fetches what changed, ``journal`` writes the plan
down, ``apply`` carries it out, ``settle`` commits what the apps now hold. Nothing here decides what travels: that is
``server.engine``.
"""
